"""Takes Insight records to their outcome: imports, second tries, owners that changed, properties made sure of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from delivery.errors import StreamStopped
from delivery.json_text import encode
from delivery.narrowing import deliver_narrowing
from delivery.outcome import DELIVERED, Outcome

from target_dotdigital.imports import ImportFailed
from target_dotdigital.insight_columns import with_plain_texts
from target_dotdigital.insight_report import KEY_OF_ANOTHER, MISSING_COLLECTION, TRY_AGAIN, insight_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.ledger import Ledger

    from target_dotdigital.erased_people import ErasedPeople
    from target_dotdigital.imports import Imports, Report
    from target_dotdigital.insight_collections import Collection, CollectionRegistry
    from target_dotdigital.insight_deletion import InsightDeletion

MOVED = "were of another contact: deleted there and written for the contact that the source names"

_exact = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class InsightItem:
    """A record of an import.

    Attributes:
        key: Its key.
        element: The record as it stands in the request.
    """

    key: str
    element: bytes


@dataclass(frozen=True, slots=True)
class InsightServices:
    """What all sinks of Insight data share.

    Attributes:
        imports: Runs imports of Insight data.
        deletion: Deletes records.
        collections: Types of the properties of the collections.
        ledger: Counts what people should know of.
        erased: Of whom nothing is written any more.
    """

    imports: Imports
    deletion: InsightDeletion
    collections: CollectionRegistry
    ledger: Ledger
    erased: ErasedPeople


class InsightDelivery:
    """Writes the records of one stream.

    Args:
        stream: The stream.
        services: What all streams share.
    """

    def __init__(self, stream: str, services: InsightServices) -> None:
        self._stream = stream
        self._services = services

    def write(self, collection: Collection, items: Sequence[InsightItem]) -> list[Outcome]:
        """Write records, each key once, and return the outcome of each.

        A record whose contact is not there, or whose collection is missing, is sent once more; one whose key is held
        by a record of another contact replaces that record: the source says whose it is.

        Raises:
            StreamStopped: If imports into the collection fail whatever they hold.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        outcomes = self._import(collection, items)
        moving = [
            place
            for place, outcome in enumerate(outcomes)
            if outcome.code == KEY_OF_ANOTHER
            and self._services.deletion.delete_whoever_owns(collection, items[place].key)
        ]
        again = [place for place, outcome in enumerate(outcomes) if outcome.code in TRY_AGAIN]
        if any(outcomes[place].code == MISSING_COLLECTION for place in again):
            self._services.collections.create(collection)
        if again:
            # A contact that was imported a moment ago may not be seen everywhere yet.
            self._services.imports.client.shutdown.sleep(self._services.imports.poll_seconds)
        places = sorted([*again, *moving])
        for place, outcome in zip(places, self._import(collection, [items[place] for place in places]), strict=True):
            outcomes[place] = outcome
        for place in moving:
            if outcomes[place] == DELIVERED:
                self._services.ledger.notice(self._stream, MOVED)
        return outcomes

    def _import(self, collection: Collection, items: Sequence[InsightItem]) -> list[Outcome]:
        outcomes: list[Outcome] = [DELIVERED] * len(items)
        for place, outcome in self._prove_texts(collection, items).items():
            outcomes[place] = outcome
        rest = [place for place, outcome in enumerate(outcomes) if outcome == DELIVERED]
        results = deliver_narrowing([items[place] for place in rest], lambda some: self._import_whole(collection, some))
        for place, outcome in zip(rest, results, strict=True):
            outcomes[place] = outcome
        return outcomes

    def _prove_texts(self, collection: Collection, items: Sequence[InsightItem]) -> dict[int, Outcome]:
        """Make sure that text properties are texts in the account, and return the outcomes of records that failed.

        Where a text that looks like a date could be a property's first value, its record is first imported with a
        plain text in its place, then as it is. Without this the property would hold dates for good.
        """
        in_doubt = self._services.collections.in_doubt(collection)
        if not in_doubt:
            return {}
        plain: list[InsightItem] = []
        places: list[int] = []
        found: list[set[str]] = []
        for place, item in enumerate(items):
            record = _exact.decode(item.element)
            document, changed = with_plain_texts(record["json"], in_doubt)
            if changed:
                plain.append(InsightItem(item.key, encode({**record, "json": document})))
                places.append(place)
                found.append(changed)
        outcomes = deliver_narrowing(plain, lambda some: self._import_whole(collection, some))
        for outcome, proven in zip(outcomes, found, strict=True):
            if outcome == DELIVERED:
                self._services.collections.prove(collection, proven)
        return {place: outcome for place, outcome in zip(places, outcomes, strict=True) if outcome != DELIVERED}

    def _import_whole(self, collection: Collection, items: Sequence[InsightItem]) -> list[Outcome]:
        report = self._report(collection, items)
        failures = insight_failures(
            report,
            [item.key for item in items],
            lambda place: _exact.decode(items[place].element)["json"].keys(),
            self._services.imports.client.redaction,
        )
        return [failures.get(place, DELIVERED) for place in range(len(items))]

    def _report(self, collection: Collection, items: Sequence[InsightItem]) -> Report:
        imports = self._services.imports
        try:
            return imports.run(lambda: _body(collection, items), stream=self._stream)
        except ImportFailed:
            imports.client.shutdown.sleep(imports.poll_seconds)
        try:
            return imports.run(lambda: _body(collection, items), stream=self._stream)
        except ImportFailed as failed:
            message = (
                f"Dotdigital failed twice to import into the Insight collection '{collection.name}' "
                f"(status {failed.status}); run again later"
            )
            raise StreamStopped(message) from None


def _body(collection: Collection, items: Sequence[InsightItem]) -> bytes:
    head = encode(
        {"collectionName": collection.name, "collectionScope": collection.scope, "collectionType": collection.type}
    )
    return head[:-1] + b',"records":[' + b",".join(item.element for item in items) + b"]}"
