"""Finds the few records for which a service refuses a whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from delivery.outcome import Outcome, rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


class BatchRefused(Exception):
    """The service refused a batch as a whole.

    Attributes:
        reason: Why, in our words.
        code: The service's word for it.
        offenders: Positions in the batch that the service named, with a reason each; empty if it named none.
    """

    def __init__(self, reason: str, code: str = "", offenders: dict[int, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.offenders = offenders or {}


def deliver_narrowing(batch: Sequence[Item], attempt: Callable[[Sequence[Item]], Sequence[Outcome]]) -> list[Outcome]:
    """Deliver a batch, narrowing down on what the service refuses.

    Records the service names are taken out and the rest is sent again; when it names none, the batch is halved.
    One bad record in a thousand so costs two calls in the first case and about twenty in the second, and only
    that record is rejected.

    Args:
        batch: What to deliver, in order.
        attempt: Sends some of it and returns one outcome each, or raises `BatchRefused`.

    Returns:
        One outcome for each item of the batch, in order.
    """
    outcomes: list[Outcome | None] = [None] * len(batch)
    waiting: list[list[int]] = [list(range(len(batch)))] if batch else []
    while waiting:
        positions = waiting.pop()
        try:
            results = attempt([batch[position] for position in positions])
        except BatchRefused as refusal:
            offenders = {place: why for place, why in refusal.offenders.items() if 0 <= place < len(positions)}
            for place, why in offenders.items():
                outcomes[positions[place]] = rejected(why, refusal.code)
            rest = [position for place, position in enumerate(positions) if place not in offenders]
            if offenders:
                if rest:
                    waiting.append(rest)
            elif len(rest) == 1:
                outcomes[rest[0]] = rejected(refusal.reason, refusal.code)
            else:
                middle = len(rest) // 2
                # The first half goes first: a person's records keep their order.
                waiting.append(rest[middle:])
                waiting.append(rest[:middle])
        else:
            for position, outcome in zip(positions, results, strict=True):
                outcomes[position] = outcome
    return [outcome for outcome in outcomes if outcome is not None]
