"""Insight data: records in named collections, of the account or of contacts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import InvalidInput
from delivery.json_text import encode
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.record_schema import RecordSchema
from delivery.sink import Record, Sink
from typing_extensions import override

from target_dotdigital.contact_identity import EMAIL, comparable
from target_dotdigital.erased_people import ERASED
from target_dotdigital.identifier_form import identifier_refusal
from target_dotdigital.imports import MOST_INSIGHT_IMPORTS
from target_dotdigital.insight_delivery import InsightDelivery, InsightItem
from target_dotdigital.insight_json import JsonRefused, is_storable_number, storable
from target_dotdigital.record_key import content_key, record_key
from target_dotdigital.schemas import CONTACT_INSIGHT_RECORD, INSIGHT_RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_dotdigital.insight_collections import Collection
    from target_dotdigital.insight_deletion import Owner
    from target_dotdigital.insight_delivery import InsightServices

IMPORT_PATH = "/insightData/v3/import"
MOST_ORDERS = 4_000
MOST_CATALOG_ITEMS = 5_000
LARGEST_IMPORT = 5_000_000


class InsightSink(Sink):
    """Stores Insight records: the same key again replaces the record as a whole, a null deletes it.

    Dotdigital: up to 50 MB an import, no count is stated; the vendor's own modules send 4 000 orders or 5 000
    products; 5 imports run at once in an account, shared with every other integration. An import of 5 MB holds about
    4 000 orders; more would only cost memory, as several are under way at once.
    """

    stage: ClassVar[int] = 1
    lanes: ClassVar[int] = MOST_INSIGHT_IMPORTS
    fills_one_batch: ClassVar[bool] = True
    max_batch_count: int = MOST_ORDERS
    max_batch_bytes: int = LARGEST_IMPORT

    def __init__(self, stream: str, services: InsightServices, collection: Collection) -> None:
        self.record_schema = _record_schema(collection)  # type: ignore[misc]  # the schema depends on the scope
        super().__init__(stream)
        self._services = services
        self._collection = collection
        self._delivery = InsightDelivery(stream, services)
        self._declared: dict[str, Any] = {}

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        declared = (schema.get("properties") or {}).get("json")
        self._declared = declared if isinstance(declared, dict) else {}

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        # The one null with a meaning is that of json: the record is to be deleted.
        record = {name: value for name, value in record.items() if value is not None or name == "json"}
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        refusal = _owner_refusal(checked)
        if refusal is not None:
            return refusal
        return checked if checked["json"] is None else self._shaped(checked)

    @override
    def identify(self, record: Record) -> str:
        return f"{self._collection_of(record).name.lower()} {record['key']}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        # Dotdigital replaces a record as a whole, unless its owner changed: then the two are sent one after the other.
        return later if _owner(earlier) == _owner(later) else None

    @override
    def element(self, record: Record) -> bytes:
        return encode({name: value for name, value in record.items() if name != "collectionName"})

    @override
    def retained(self, record: Record) -> Record:
        # The element holds the JSON; of it only whether it is null is still needed.
        return {name: value for name, value in record.items() if name != "json" or value is None}

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        groups: defaultdict[tuple[Collection, bool], list[int]] = defaultdict(list)
        for place, entry in enumerate(batch):
            groups[self._collection_of(entry.record), "json" in entry.record].append(place)
        outcomes: list[Outcome] = [DELIVERED] * len(batch)
        for (collection, deletes), places in groups.items():
            entries = [batch[place] for place in places]
            results = self._delete(collection, entries) if deletes else self._write(collection, entries)
            for place, outcome in zip(places, results, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _write(self, collection: Collection, entries: Sequence[Entry]) -> list[Outcome]:
        return self._delivery.write(collection, [InsightItem(entry.record["key"], entry.element) for entry in entries])

    def _delete(self, collection: Collection, entries: Sequence[Entry]) -> list[Outcome]:
        owners = [_owner(entry.record) for entry in entries]
        keys = [entry.record["key"] for entry in entries]
        return self._services.deletion.delete(collection, owners, keys)

    def _shaped(self, record: Record) -> Record | Outcome:
        identity = record.get("contactIdentity")
        if identity is not None and self._services.erased.has({identity["identifier"]: identity["value"]}):
            return ERASED
        try:
            document = storable(record["json"])
            if not document:
                return rejected("json holds nothing that can be stored", "InvalidJson")
            fitted = self._services.collections.fit(self._collection_of(record), self._declared, document, self.stream)
        except JsonRefused as refused:
            return rejected(str(refused), "json")
        return {**record, "json": fitted}

    def _collection_of(self, record: Record) -> Collection:
        name = record.get("collectionName")
        return self._collection.named(name) if name else self._collection


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
        values = [record.get(name) for name in self._key_properties]
        missing = [name for name, value in zip(self._key_properties, values, strict=True) if value in (None, "")]
        if missing:
            return rejected(f"lacks what its key is made of: {', '.join(missing)}", "key")
        if not all(map(_is_part_of_key, values)):
            return rejected(f"its key is made of what is no text or number: {', '.join(self._key_properties)}", "key")
        insight: Record = {"json": record}
        if self._shape.contact is not None:
            address = record.get(self._shape.contact)
            if not isinstance(address, str) or not address.strip():
                return rejected(f"lacks the address of its contact: {self._shape.contact}", "contact")
            insight["contactIdentity"] = {"identifier": EMAIL, "value": comparable(EMAIL, address)}
            refusal = _owner_refusal(insight)
            if refusal is not None:
                return refusal
        shaped = self._shaped(insight)
        if not isinstance(shaped, Outcome):
            shaped["key"] = record_key(values) if values else content_key(record)
        return shaped


def _is_part_of_key(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, (int, float, Decimal)) and is_storable_number(value))


def _owner_refusal(record: Record) -> Outcome | None:
    identity = record.get("contactIdentity")
    return None if identity is None else identifier_refusal({identity["identifier"]: identity["value"]})


def _owner(record: Record) -> Owner | None:
    identity = record.get("contactIdentity")
    return None if identity is None else (identity["identifier"], comparable(identity["identifier"], identity["value"]))


def _record_schema(collection: Collection) -> dict[str, Any]:
    return CONTACT_INSIGHT_RECORD if collection.scope == "contact" else INSIGHT_RECORD
