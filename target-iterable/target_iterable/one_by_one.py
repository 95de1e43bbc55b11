"""Tells a record that a service cannot bear from an outage, at an endpoint that takes one record a call."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from delivery.errors import ServiceFailing
from delivery.narrowing import MOST_SUSPECTS
from delivery.outcome import DELIVERED, Outcome, rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from delivery.shutdown import Shutdown

Item = TypeVar("Item")

MOST_IN_DOUBT = 2
"""Records that may have failed at all tries with nothing having passed since: with more, it is an outage."""
DELIVERED_A_BATCH = 1000
"""So many delivered records allow for `MOST_SUSPECTS` more, as in a batch of an endpoint that takes many."""
LOOK_AROUND_SECONDS = 0.5
LOOKS_AT_NOTHING = 20


class OneByOne:
    """Sends records one a call, from any thread; shared by all threads that send to one endpoint.

    A record is rejected for server faults only if it failed at all its tries, another record was then sent to the same
    endpoint and delivered, and it failed at all its tries once more. Where there is no such other record, or too many
    fail, it is an outage, which rejects nothing.

    So that there is another record to send, the newest of those that are ready waits until the others have ended.

    Args:
        shutdown: The switch that ends waiting.
    """

    def __init__(self, shutdown: Shutdown) -> None:
        self._shutdown = shutdown
        self._changed = threading.Condition()
        self._ready: deque[object] = deque()
        self._under_way = 0
        self._in_doubt = 0
        self._delivered = 0
        self._rejected = 0
        self._last_delivered_began = float("-inf")

    def deliver(self, batch: Sequence[Item], attempt: Callable[[Item], Outcome]) -> list[Outcome]:
        """Send each record of a batch, those that failed again after the others.

        Args:
            batch: What to send. A record that failed goes behind the others, so their order must not matter.
            attempt: Sends one by a call to the endpoint, tries again where that may help, and returns its outcome;
                `DELIVERED` only if that call was carried out.

        Returns:
            The outcome of each record, in order.

        Raises:
            ServiceFailing: If the service fails, whatever it is sent.
        """
        outcomes: dict[int, Outcome] = {}
        doubtful: dict[int, tuple[float, ServiceFailing]] = {}
        for place, item in enumerate(batch):
            try:
                outcomes[place] = self._send(item, attempt)
            except ServiceFailing as failure:  # noqa: PERF203 - each record fails on its own
                doubtful[place] = self._doubt(failure), failure
        for place, (failed_at, first_failure) in doubtful.items():
            self._wait_for_another(failed_at, first_failure)
            try:
                outcomes[place] = self._send(batch[place], attempt)
            except ServiceFailing as failure:
                outcomes[place] = self._reject(failure)
        return [outcomes[place] for place in range(len(batch))]

    def _send(self, item: Item, attempt: Callable[[Item], Outcome]) -> Outcome:
        with self._turn():
            began = time.monotonic()
            outcome = attempt(item)
        if outcome == DELIVERED:
            with self._changed:
                self._delivered += 1
                self._in_doubt = 0
                self._last_delivered_began = max(self._last_delivered_began, began)
        return outcome

    @contextmanager
    def _turn(self) -> Iterator[None]:
        ticket = object()
        with self._changed:
            self._ready.append(ticket)
            # Whoever is next need not wait any more: there is somebody behind.
            self._changed.notify_all()
            try:
                while not self._changed.wait_for(lambda: self._may_go(ticket), LOOK_AROUND_SECONDS):
                    self._shutdown.check()
                self._under_way += 1
            finally:
                self._ready.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _may_go(self, ticket: object) -> bool:
        return self._ready[0] is ticket and (len(self._ready) > 1 or self._under_way == 0)

    def _doubt(self, failure: ServiceFailing) -> float:
        """Take note of a record that failed, and return when."""
        with self._changed:
            self._in_doubt += 1
            if self._in_doubt > MOST_IN_DOUBT:
                raise failure
            return time.monotonic()

    def _wait_for_another(self, failed_at: float, failure: ServiceFailing) -> None:
        """Wait until a record was delivered that was sent after a moment.

        Raises:
            ServiceFailing: If there is none to be sent.
        """
        looks_at_nothing = 0
        while looks_at_nothing < LOOKS_AT_NOTHING:
            with self._changed:
                if self._last_delivered_began > failed_at:
                    return
                looks_at_nothing = 0 if self._ready or self._under_way else looks_at_nothing + 1
            self._shutdown.sleep(LOOK_AROUND_SECONDS)
        raise failure

    def _reject(self, failure: ServiceFailing) -> Outcome:
        with self._changed:
            self._rejected += 1
            if self._rejected > MOST_SUSPECTS * (1 + self._delivered // DELIVERED_A_BATCH):
                raise failure
        code = f"HTTP {failure.status}"
        return rejected(f"the service fails whenever it is sent this record ({code})", code)
