"""Finds the few records for which a service refuses a whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from delivery.errors import ServiceFailing
from delivery.outcome import Outcome, rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

MOST_SUSPECTS = 5
"""Records of one batch that may be rejected for server faults: where more fail, the service is at fault."""


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

    A batch that the service answers with server faults at every try is halved likewise, because one record may be
    what it cannot bear. An outage looks the same at first, and must reject nothing. A record is therefore rejected
    for a server fault only if others of its batch passed meanwhile, it fails alone, and it fails alone once more
    after all others have their outcome; and if too many in a row fail, or too many alone, it is an outage. So it is
    where the service asks to wait.

    Args:
        batch: What to deliver, in order.
        attempt: Sends some of it and returns one outcome each, or raises `BatchRefused`.

    Returns:
        One outcome for each item of the batch, in order.

    Raises:
        ServiceFailing: If the service fails, whatever it is sent.
    """
    narrowing = _Narrowing(batch, attempt)
    narrowing.run()
    return [outcome for outcome in narrowing.outcomes if outcome is not None]


class _Narrowing(Generic[Item]):
    """One batch on its way: what waits, what has its outcome, and whether the service still answers."""

    def __init__(self, batch: Sequence[Item], attempt: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        self.outcomes: list[Outcome | None] = [None] * len(batch)
        self._batch = batch
        self._attempt = attempt
        self._waiting: list[list[int]] = [list(range(len(batch)))] if batch else []
        self._suspects: list[int] = []
        self._answered = False
        self._failures_in_a_row = 0

    def run(self) -> None:
        while self._waiting:
            positions = self._waiting.pop()
            try:
                self._send(positions)
            except ServiceFailing as failure:
                self._take_failure(positions, failure)
        for position in self._suspects:
            self._send_alone(position)

    def _send_alone(self, position: int) -> None:
        try:
            self._send([position])
        except ServiceFailing as failure:
            code = f"HTTP {failure.status}"
            self.outcomes[position] = rejected(f"the service fails whenever it is sent this record ({code})", code)

    def _send(self, positions: list[int]) -> None:
        try:
            results = self._attempt([self._batch[position] for position in positions])
        except BatchRefused as refusal:
            self._take_refusal(positions, refusal)
        else:
            for position, outcome in zip(positions, results, strict=True):
                self.outcomes[position] = outcome
        self._answered = True
        self._failures_in_a_row = 0

    def _take_refusal(self, positions: list[int], refusal: BatchRefused) -> None:
        offenders = {place: why for place, why in refusal.offenders.items() if 0 <= place < len(positions)}
        for place, why in offenders.items():
            self.outcomes[positions[place]] = rejected(why, refusal.code)
        rest = [position for place, position in enumerate(positions) if place not in offenders]
        if offenders:
            if rest:
                self._waiting.append(rest)
        elif len(rest) == 1:
            self.outcomes[rest[0]] = rejected(refusal.reason, refusal.code)
        else:
            self._halve(rest)

    def _take_failure(self, positions: list[int], failure: ServiceFailing) -> None:
        if failure.asks_to_wait:
            # Each half would wait as long again, only to be told the same.
            raise failure
        self._failures_in_a_row += 1
        if len(positions) > 1:
            self._halve(positions)
        else:
            self._suspects += positions
        # From the whole batch down to one bad record nothing need pass; a little further, and it is an outage.
        most_in_a_row = len(self._batch).bit_length() + 2
        nothing_else_answered = not self._waiting and not self._answered
        if nothing_else_answered or self._failures_in_a_row > most_in_a_row or len(self._suspects) > MOST_SUSPECTS:
            raise failure

    def _halve(self, positions: list[int]) -> None:
        middle = len(positions) // 2
        # The first half goes first: a person's records keep their order.
        self._waiting.append(positions[middle:])
        self._waiting.append(positions[:middle])
