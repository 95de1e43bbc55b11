"""The streams that read messages: what happened in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_commercetools.message_history import SequenceGaps, history_cut
from tap_commercetools.resource_stream import ResourceStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.page import Record, Row
    from tap_commercetools.window import Window

NOT_KEPT = (
    "%s: the project keeps no messages, so there are none to read; switch the feature on in the project's settings "
    "(messages.enabled)"
)


class MessageStream(ResourceStream):
    """Messages, which the platform keeps only if the project wants it and only for a while."""

    @property
    @override
    def ordered_by(self) -> str:
        return "createdAt"

    @override
    def window_begins(self, window: Window) -> None:
        project = self.commercetools.project
        if project is None:
            self.logger.info(
                "%s: the API client lacks view_project_settings, so it cannot be told whether messages were lost "
                "because the project no longer keeps them",
                self.name,
            )
            return
        begins = None if window.seen_until is None else window.keyset(self.ordered_by).start
        warning = history_cut(begins, self.commercetools.client.clock.now(), project)
        if warning is not None:
            self.logger.warning("%s: %s", self.name, warning)

    @override
    def fresh_pages(self) -> Iterator[list[Row]]:
        project = self.commercetools.project
        if project is not None and not project.messages_enabled:
            self.logger.warning(NOT_KEPT, self.name)
            return
        yield from super().fresh_pages()


class AllMessagesStream(MessageStream):
    """All messages of the project, watched for gaps in their numbers.

    Each type has fields of its own, some hundreds in all; they are gathered in ``payload``, so that the stream keeps
    one shape.
    """

    @override
    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        shared = self.definition.schema["properties"].keys()
        for message in super().records_of(rows):
            record = {name: value for name, value in message.items() if name in shared}
            yield {**record, "payload": {name: value for name, value in message.items() if name not in shared}}

    @override
    def fresh_pages(self) -> Iterator[list[Row]]:
        gaps = SequenceGaps()
        for rows in super().fresh_pages():
            for row in rows:
                gaps.note(row.document)
            yield rows
        if gaps.missing > 0:
            self.logger.warning(
                "%s: %d messages are missing between others of the same resources, by their sequence numbers: they "
                "have expired or were never kept",
                self.name,
                gaps.missing,
            )
