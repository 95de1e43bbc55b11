"""Insight data: records in named collections, of the account or of contacts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import InvalidInput, StreamStopped
from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.record_schema import RecordSchema
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.contact_identity import EMAIL, comparable
from target_dotdigital.imports import ImportFailed
from target_dotdigital.insight_json import JsonRefused, storable
from target_dotdigital.insight_report import MISSING_COLLECTION, TRY_AGAIN, insight_failures
from target_dotdigital.record_key import content_key, record_key
from target_dotdigital.schemas import CONTACT_INSIGHT_RECORD, INSIGHT_RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.imports import Imports
    from target_dotdigital.insight_collections import Collection, CollectionRegistry

IMPORT_PATH = "/insightData/v3/import"
MOST_ORDERS = 4_000
MOST_CATALOG_ITEMS = 5_000


@dataclass(frozen=True, slots=True)
class InsightServices:
    """What all sinks of Insight data share.

    Attributes:
        imports: Runs imports of Insight data.
        collections: Types of the properties of the collections.
    """

    imports: Imports
    collections: CollectionRegistry


class InsightSink(Sink):
    """Stores Insight records: the same key again replaces the record as a whole.

    Dotdigital: up to 50 MB an import, no count is stated; the vendor's own modules send 4 000 orders or 5 000
    products; 5 imports run at once in an account, shared with every other integration.
    """

    stage: ClassVar[int] = 1
    lanes: ClassVar[int] = 2
    max_batch_count: int = MOST_ORDERS
    max_batch_bytes: int = 20_000_000

    def __init__(self, stream: str, services: InsightServices, collection: Collection) -> None:
        self.record_schema = _record_schema(collection)  # type: ignore[misc]  # the schema depends on the scope
        super().__init__(stream)
        self._services = services
        self._collection = collection
        self._declared: dict[str, Any] = {}

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        declared = (schema.get("properties") or {}).get("json")
        self._declared = declared if isinstance(declared, dict) else {}

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        record = {name: value for name, value in record.items() if value is not None}
        checked = super().prepare(record)
        return checked if isinstance(checked, Outcome) else self._shaped(checked)

    @override
    def identify(self, record: Record) -> str:
        return f"{self._collection_of(record).name} {record['key']}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        # Dotdigital replaces a record as a whole, unless its owner changed: that is for the service to refuse.
        return later if _owner(earlier) == _owner(later) else None

    @override
    def element(self, record: Record) -> bytes:
        return encode({name: value for name, value in record.items() if name != "collectionName"})

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        places: defaultdict[Collection, list[int]] = defaultdict(list)
        for place, entry in enumerate(batch):
            places[self._collection_of(entry.record)].append(place)
        outcomes: list[Outcome] = [DELIVERED] * len(batch)
        for collection, held in places.items():
            results = self._deliver(collection, [batch[place] for place in held])
            for place, outcome in zip(held, results, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _shaped(self, record: Record) -> Record | Outcome:
        try:
            document = storable(record["json"])
            if not document:
                return rejected("json holds nothing that can be stored", "InvalidJson")
            fitted = self._services.collections.fit(self._collection_of(record), self._declared, document)
        except JsonRefused as refused:
            return rejected(str(refused), "json")
        return {**record, "json": fitted}

    def _collection_of(self, record: Record) -> Collection:
        name = record.get("collectionName")
        return self._collection.named(name) if name else self._collection

    def _deliver(self, collection: Collection, entries: Sequence[Entry]) -> list[Outcome]:
        outcomes = self._import(collection, entries)
        again = [place for place, outcome in enumerate(outcomes) if outcome.code in TRY_AGAIN]
        if not again:
            return outcomes
        if any(outcomes[place].code == MISSING_COLLECTION for place in again):
            self._services.collections.create(collection)
        # A contact that was imported a moment ago may not be seen everywhere yet.
        self._services.imports.client.shutdown.sleep(self._services.imports.poll_seconds)
        for place, outcome in zip(again, self._import(collection, [entries[place] for place in again]), strict=True):
            outcomes[place] = outcome
        return outcomes

    def _import(self, collection: Collection, entries: Sequence[Entry]) -> list[Outcome]:
        return deliver_narrowing(entries, lambda some: self._import_whole(collection, some))

    def _import_whole(self, collection: Collection, entries: Sequence[Entry]) -> Sequence[Outcome]:
        head = encode(
            {
                "collectionName": collection.name,
                "collectionScope": collection.scope,
                "collectionType": collection.type,
            }
        )
        body = head[:-1] + b',"records":[' + b",".join(entry.element for entry in entries) + b"]}"
        report = self._run(collection, body)
        failures = insight_failures(
            report, [entry.record for entry in entries], self._services.imports.client.redaction
        )
        return [failures.get(place, DELIVERED) for place in range(len(entries))]

    def _run(self, collection: Collection, body: bytes) -> dict[str, Any]:
        imports = self._services.imports
        try:
            return imports.run(body)
        except ImportFailed:
            imports.client.shutdown.sleep(imports.poll_seconds)
        try:
            return imports.run(body)
        except ImportFailed as failed:
            message = (
                f"Dotdigital failed twice to import into the Insight collection '{collection.name}' "
                f"(status {failed.status}); run again later"
            )
            raise StreamStopped(message) from None


class CatalogSink(InsightSink):
    """Stores catalogue items, in the collection each names or in that of the settings."""

    max_batch_count: int = MOST_CATALOG_ITEMS


@dataclass(frozen=True, slots=True)
class RecordShape:
    """How records of any stream become Insight records.

    Attributes:
        key: Names of the members that make the key; None for the stream's key properties.
        contact: Name of the member that holds the contact's e-mail address; None for records of the account.
    """

    key: tuple[str, ...] | None = None
    contact: str | None = None


class AnyStreamSink(InsightSink):
    """Stores the records of any stream as they are, each under a key made of its key properties."""

    def __init__(self, stream: str, services: InsightServices, collection: Collection, shape: RecordShape) -> None:
        super().__init__(stream, services, collection)
        self._shape = shape
        self._key_properties: tuple[str, ...] = shape.key or ()
        self._stream_schema: RecordSchema | None = None

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        self._declared = schema
        try:
            self._stream_schema = RecordSchema(schema)
        except ValueError:
            message = f"the SCHEMA of stream '{self.stream}' is no JSON Schema; check the tap that writes it"
            raise InvalidInput(message) from None
        self._key_properties = self._shape.key or tuple(key_properties)

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        fault = self._stream_schema.fault(record) if self._stream_schema else None
        if fault is not None:
            return rejected(fault, "schema")
        missing = [name for name in self._key_properties if record.get(name) in {None, ""}]
        if missing:
            return rejected(f"lacks what its key is made of: {', '.join(missing)}", "key")
        insight: Record = {"json": record}
        if self._shape.contact is not None:
            address = record.get(self._shape.contact)
            if not isinstance(address, str) or not address.strip():
                return rejected(f"lacks the address of its contact: {self._shape.contact}", "contact")
            insight["contactIdentity"] = {"identifier": EMAIL, "value": comparable(EMAIL, address)}
        values = [record[name] for name in self._key_properties]
        insight["key"] = record_key(values) if values else content_key(record)
        return self._shaped(insight)


def _owner(record: Record) -> tuple[str, str] | None:
    identity = record.get("contactIdentity")
    return None if identity is None else (identity["identifier"], comparable(identity["identifier"], identity["value"]))


def _record_schema(collection: Collection) -> dict[str, Any]:
    return CONTACT_INSIGHT_RECORD if collection.scope == "contact" else INSIGHT_RECORD
