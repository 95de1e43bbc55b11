"""Catalog items: up to a thousand a call, written or removed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import NOT_FOUND, check_endpoint, refusal, single_outcome
from target_iterable.catalogs import Catalogs, field_types
from target_iterable.contracts import ENVELOPE
from target_iterable.schemas import CATALOG_ITEM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient

LARGEST_VALUE_BYTES = 30_000
LONGEST_ITEM_ID = 255


class CatalogItemSink(Sink):
    """Writes items into catalogs, each replaced as a whole; removes those whose value is null.

    Iterable: at most 1 000 items a call and 30 kB an item; ids are letters, digits and dashes, at most 255 of
    them; field names have no periods; uploads and removals are asynchronous and report nothing about single items.
    """

    stage: ClassVar[int] = 1
    record_schema: ClassVar[dict[str, Any]] = CATALOG_ITEM

    def __init__(self, stream: str, client: IterableClient, catalogs: Catalogs) -> None:
        super().__init__(stream)
        self._client = client
        self._catalogs = catalogs
        self._types: dict[str, str] = {}

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        self._types = field_types((schema.get("properties") or {}).get("value") or {})

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        if checked["value"] is None:
            return checked
        if len(encode(checked["value"])) > LARGEST_VALUE_BYTES:
            return rejected(f"value is larger than a catalog item may be ({LARGEST_VALUE_BYTES} bytes)", "size")
        self._catalogs.note_if_new(checked["catalogName"], self.stream)
        return checked

    @override
    def identify(self, record: Record) -> str:
        return f"{record['catalogName'].lower()} {record['itemId']}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return later

    @override
    def element(self, record: Record) -> bytes:
        item_id = encode(record["itemId"])
        return item_id if record["value"] is None else item_id + b":" + encode(record["value"])

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        # A batch holds an item once: whether it is written or removed first, compared to others, makes no difference.
        by_call: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
        for place, entry in enumerate(batch):
            by_call[entry.record["catalogName"], entry.record["value"] is None].append(place)
        outcomes = [DELIVERED] * len(batch)
        for (name, removed), places in by_call.items():
            if not removed:
                self._catalogs.ensure(name, self._types, self.stream)
            attempt = self._attempt_removal if removed else self._attempt
            results = deliver_narrowing([batch[place] for place in places], attempt)
            for place, outcome in zip(places, results, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _attempt_removal(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        answer = self._client.ask(
            "DELETE",
            f"/api/catalogs/{batch[0].record['catalogName']}/items",
            contract=ENVELOPE,
            stream=self.stream,
            budget=self._client.budgets.catalog_items,
            body=b'{"itemIds":[' + b",".join(entry.element for entry in batch) + b"]}",
        )
        # Where neither the item nor its catalog is, there is nothing to remove; a page without a code says neither.
        if answer.succeeded or (answer.status == NOT_FOUND and answer.code):
            return [DELIVERED] * len(batch)
        check_endpoint(answer, self.stream)
        if len(batch) == 1:
            return [single_outcome(answer)]
        raise refusal(answer, batch)

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        documents = b",".join(entry.element for entry in batch)
        answer = self._client.ask(
            "POST",
            f"/api/catalogs/{batch[0].record['catalogName']}/items",
            contract=ENVELOPE,
            stream=self.stream,
            budget=self._client.budgets.catalog_items,
            body=b'{"replaceUploadedFieldsOnly":false,"documents":{' + documents + b"}}",
        )
        check_endpoint(answer, self.stream)
        if answer.succeeded:
            return [DELIVERED] * len(batch)
        if len(batch) == 1:
            return [single_outcome(answer)]
        raise refusal(answer, batch)


class BoundCatalogItemSink(CatalogItemSink):
    """Takes records of any shape and keeps each as an item of one catalog.

    The item's id comes from the stream's key properties; a stream without any gets the hash of the record, so that
    the same record is the same item.
    """

    def __init__(self, stream: str, client: IterableClient, catalogs: Catalogs, catalog: str) -> None:
        super().__init__(stream, client, catalogs)
        self._catalog = catalog
        self._key_properties: tuple[str, ...] = ()

    @override
    def describe(self, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        self._key_properties = tuple(key_properties)
        self._types = {clean_field_name(name): kind for name, kind in field_types(schema).items()}

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        value = {clean_field_name(name): part for name, part in record.items()}
        if len(value) < len(record):
            return rejected("two field names differ by a period only, which Iterable does not allow in names", "field")
        item_id = self._item_id(record)
        if len(item_id) > LONGEST_ITEM_ID:
            return rejected(f"its key is longer than an item's id may be ({LONGEST_ITEM_ID} characters)", "key")
        return super().prepare({"catalogName": self._catalog, "itemId": item_id, "value": value})

    def _item_id(self, record: Record) -> str:
        if not self._key_properties:
            return hashlib.sha256(encode(record)).hexdigest()
        return "-".join(escape_item_id(str(record[name])) for name in self._key_properties)


def clean_field_name(name: str) -> str:
    """Return a field name without periods."""
    return name.replace(".", "_")


def escape_item_id(text: str) -> str:
    """Return a text in the alphabet of item ids, so that different texts stay different.

    Letters and digits stay as they are; every other byte of the UTF-8 text becomes a dash and two hex digits.
    """
    return "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"-{byte:02x}" for byte in text.encode()
    )
