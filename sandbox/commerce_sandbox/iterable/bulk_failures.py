"""The body of a bulk answer: counters, and the people who failed listed by the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable.answers import refusal
from commerce_sandbox.iterable.element_error import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from commerce_sandbox.iterable.element_error import ElementError
    from commerce_sandbox.iterable.settings import IterableSettings

USER_REASONS: Final = (
    Reason.INVALID,
    Reason.INVALID_DATA,
    Reason.CONFLICT,
    Reason.FORGOTTEN,
    Reason.NOT_FOUND,
)
"""Lists of ``failedUpdates`` for users and list subscriptions."""

EVENT_REASONS: Final = (Reason.INVALID, Reason.NOT_FOUND, Reason.FORGOTTEN)
"""Lists of ``failedUpdates`` for events."""


@dataclass(slots=True)
class BulkFailures:
    """Failures of one bulk request, attributed by identifier and not by index.

    Attributes:
        reasons: Which lists the answer has.
        lists: Identifiers by list; one that fails twice stands there twice.
        count: Number of failed elements.
    """

    reasons: Iterable[Reason]
    lists: dict[str, list[str]] = field(init=False)
    count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.lists = {f"{reason.value}{kind}": [] for reason in self.reasons for kind in ("Emails", "UserIds")}

    def add(self, error: ElementError) -> None:
        """Count a failed element and list its identifier."""
        self.count += 1
        self.lists[error.list_name()].append(error.identifier)

    def answer(self, total: int, **further: Any) -> dict[str, Any]:
        """Return the answer's document, with the deprecated mirrors of the invalid identifiers."""
        return {
            "successCount": total - self.count,
            "failCount": self.count,
            **further,
            "invalidEmails": self.lists["invalidEmails"],
            "invalidUserIds": self.lists["invalidUserIds"],
            "failedUpdates": self.lists,
        }


def check_batch_size(elements: Collection[object], settings: IterableSettings) -> None:
    """Refuse a batch that is too long where the project sets a limit.

    Raises:
        RefusalError: 400 ``BatchTooLarge``.
    """
    if settings.max_batch_elements is not None and len(elements) > settings.max_batch_elements:
        msg = f"The request has {len(elements)} elements; at most {settings.max_batch_elements} are allowed"
        raise refusal(400, "BatchTooLarge", msg)
