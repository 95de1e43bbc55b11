"""The stream of deletions: from messages where they exist, from comparing ids where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_commercetools.deletions import UNPUBLISHED, deletion_noticed, deletion_told, packed, unpacked
from tap_commercetools.errors import RequestRefusedError, UnreadableRowError
from tap_commercetools.keyset import Condition
from tap_commercetools.live_ids import live_ids
from tap_commercetools.lookup import rows_with
from tap_commercetools.message_stream import MessageStream
from tap_commercetools.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.helpers import types

    from tap_commercetools.page import Record, Row
    from tap_commercetools.stream_definition import StreamDefinition
    from tap_commercetools.tap import TapCommercetools
    from tap_commercetools.window import Bookmark

_MOST_COMPARED = 50_000
"""Ids per stream that a bookmark remembers at most: about one and a half megabytes."""
_TIMES_ASKED = 2
"""How often the platform must show nothing of a row, asked for it by id, before the row is said to be missing."""
_REMEMBERED = "known_ids"
_CATALOGUE_STREAMS = frozenset({"products", "product_projections", "product_offers", "variants"})


class DeletionStream(MessageStream):
    """What is gone from the collections whose streams are selected.

    Messages tell of most deletions, if the project keeps them. For the other collections, or all if it does not, the
    ids that exist are compared with those of the last run, which the bookmark remembers; the first run has nothing to
    compare with and reports nothing.
    """

    def __init__(self, tap: TapCommercetools, definition: StreamDefinition) -> None:
        super().__init__(tap, definition)
        self._known: dict[str, str] | None = None

    @property
    def _watched(self) -> list[StreamDefinition]:
        return [stream.definition for stream in self.commercetools.selected_streams if stream.definition.type_id]

    @property
    @override
    def condition(self) -> Condition | None:
        kinds = {kind for definition in self._watched for kind in definition.deleted_by}
        if any(definition.name in _CATALOGUE_STREAMS for definition in self._watched):
            kinds.add(UNPUBLISHED)
        return Condition("type in :types", tuple(("types", kind) for kind in sorted(kinds)))

    @override
    def readable_records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        return self.records_found_by_halving(rows)

    @override
    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        messages = list(super().records_of(rows))
        addresses = {email.lower() for message in messages if isinstance(email := message.get("email"), str) and email}
        in_use = self._in_use(addresses)
        yield from [deletion_told(message, in_use) for message in messages]

    def _in_use(self, addresses: set[str]) -> set[str] | None:
        """Return which of some addresses customers have now; None if the platform does not let that be asked.

        commercetools: ``lowercaseEmail`` can be queried and is no field of a customer (the vendor's JVM SDK,
        CustomerQueryModel); ``email`` is compared as it is written.

        Args:
            addresses: Mail addresses, in lower case.
        """
        try:
            with self.commercetools.termination.waiting():
                fetch = self.commercetools.client.fetch_page
                customers = rows_with(fetch, "customers", "lowercaseEmail", sorted(addresses))
                return {str(customer.get("email")).lower() for customer in customers}
        except (RequestRefusedError, UnreadableRowError) as fault:
            self.logger.warning(
                "%s: emailIsFree is left out, because customers cannot be looked up by address: %s", self.name, fault
            )
            return None

    @override
    def get_records(self, context: types.Context | None) -> Iterator[Record]:
        """Yield what is gone.

        Raises:
            TapError: If the platform cannot be asked; the message says why and what to do.
        """
        remembered = self.stream_state.get(_REMEMBERED)
        self._known = known = dict(remembered) if isinstance(remembered, dict) else {}
        if self.condition is not None and self.condition.variables:
            yield from super().get_records(context)
        with self.commercetools.termination.waiting():
            project = self.commercetools.project
        collections = {(each.id_collection, each.container): each for each in self._watched}
        for definition in collections.values():
            told = definition.deleted_by and project is not None and project.messages_enabled
            if definition.id_collection and not told:
                yield from self._missing(definition, definition.id_collection, known)

    def _missing(self, definition: StreamDefinition, collection: str, known: dict[str, str]) -> Iterator[Record]:
        """Yield the rows of a collection that existed when its ids were compared last and do no longer.

        Args:
            definition: The collection's stream.
            collection: How GraphQL calls it.
            known: The ids of before, by stream; brought up to date.
        """
        try:
            with self.commercetools.termination.waiting():
                alive = self._alive(definition, collection)
        except RequestRefusedError as refusal:
            raise self.explain(refusal) from refusal
        if alive is None:
            self.logger.warning(
                "%s: %s has more than %d rows, too many to compare their ids in each run; deletions there are not "
                "noticed%s",
                self.name,
                definition.name,
                _MOST_COMPARED,
                ". Switch on the project's messages, which tell of them" if definition.deleted_by else "",
            )
            known.pop(definition.name, None)
            return
        gone = self._remembered(definition, known) - alive
        if gone:
            try:
                with self.commercetools.termination.waiting():
                    alive |= self._still_there(definition, gone)
            except UnreadableRowError as fault:
                self.logger.warning(
                    "%s: which rows of %s are gone is left to the next run: %s", self.name, definition.name, fault
                )
                return
        noticed_at = format_timestamp(self.commercetools.client.clock.now())
        for identifier in sorted(gone - alive):
            yield deletion_noticed(definition.type_id, identifier, noticed_at)
        known[definition.name] = packed(alive)

    def _alive(self, definition: StreamDefinition, collection: str) -> set[str] | None:
        alive: set[str] = set()
        for identifier in live_ids(self.commercetools.client.fetch_ids, collection, definition.container):
            alive.add(identifier)
            if len(alive) > _MOST_COMPARED:
                return None
        return alive

    def _remembered(self, definition: StreamDefinition, known: dict[str, str]) -> set[str]:
        try:
            return unpacked(known[definition.name]) if definition.name in known else set()
        except (ValueError, TypeError):
            self.logger.warning("%s: the ids of %s in the bookmark cannot be read", self.name, definition.name)
            return set()

    def _still_there(self, definition: StreamDefinition, identifiers: set[str]) -> set[str]:
        """Ask by id, twice for what the first time does not show: what an answer does not show may be there."""
        found: set[str] = set()
        for _ in range(_TIMES_ASKED):
            missing = sorted(identifiers - found)
            found |= {
                row["id"] for row in rows_with(self.commercetools.client.fetch_page, definition.path, "id", missing)
            }
        return found

    @override
    def check(self) -> None:
        project = self.commercetools.client.fetch_project()
        if project.messages_enabled:
            super().check()

    @override
    def _write_state_message(self) -> None:
        if self._known is not None and self._known != self.stream_state.get(_REMEMBERED):
            self.stream_state[_REMEMBERED] = dict(self._known)
            self.state_manager.is_flushed = False
        super()._write_state_message()

    @override
    def state_of(self, bookmark: Bookmark) -> dict[str, Any]:
        return {**super().state_of(bookmark), _REMEMBERED: dict(self._known or {})}
