"""What can be missing from a project's messages: those that were kept no longer, and gaps in their numbers."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from tap_commercetools.timestamps import format_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tap_commercetools.project import Project

_MOST_RESOURCES = 100_000


class _Resource(msgspec.Struct):
    typeId: str = ""  # noqa: N815 - the platform's name
    id: str = ""


class _Numbered(msgspec.Struct):
    sequenceNumber: int = 0  # noqa: N815 - the platform's name
    resource: _Resource = msgspec.field(default_factory=_Resource)


_NUMBERED = msgspec.json.Decoder(_Numbered)


def history_cut(begins: datetime | None, now: datetime, project: Project) -> str | None:
    """Return what to say when messages between the last run and this one may be gone already.

    commercetools keeps messages for a number of days after their creation, set in the project.

    Args:
        begins: Where this run begins to read; None if it has no predecessor, so that nothing is missed.
        now: The platform's present time.
        project: The project's settings.
    """
    oldest = now - timedelta(days=project.message_days)
    if begins is None or begins >= oldest:
        return None
    return (
        f"messages are kept for {project.message_days} days, so those from {format_timestamp(begins)} to about "
        f"{format_timestamp(oldest)} are lost. Run more often, or let the project keep messages longer"
    )


class SequenceGaps:
    """Counts messages that should be there but are not.

    commercetools numbers the messages of each resource without gaps. Resources are followed as long as they are among
    the last 100 000 that had messages, so that memory is bounded.

    Attributes:
        missing: How many numbers were passed over.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self.missing = 0

    def note(self, document: msgspec.Raw) -> None:
        """Take note of a message; within one millisecond they may come in any order.

        Args:
            document: The message's JSON.
        """
        try:
            message = _NUMBERED.decode(document)
        except msgspec.MsgspecError:
            return  # a message that does not say its number is in no sequence
        key = (message.resource.typeId, message.resource.id)
        number = message.sequenceNumber
        lowest, highest = self._seen.pop(key, (number, number))
        if number > highest:
            self.missing += number - highest - 1
        elif number < lowest:
            self.missing += lowest - number - 1
        elif lowest < number < highest:
            self.missing -= 1
        self._seen[key] = min(lowest, number), max(highest, number)
        if len(self._seen) > _MOST_RESOURCES:
            self._seen.popitem(last=False)
