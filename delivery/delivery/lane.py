"""A lane: work done beside the reading thread, by default one piece after the other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from delivery.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from delivery.shutdown import Shutdown

FAILURE_GRACE_SECONDS = 20.0
LOOK_AROUND_SECONDS = 0.5


class Lane:
    """Runs jobs in threads of its own: in order with one worker, side by side with more.

    One person's records go through one lane, so their order is kept. A lane holds a bounded number of jobs: a
    full lane makes the reading thread wait, so memory stays flat. A job that raises stops the whole run: the
    lane runs no further job, asks for shutdown, and hands the error to the reading thread.

    Args:
        name: Begins the names of its threads.
        depth: Most jobs, running and waiting.
        shutdown: The switch that ends waiting.
        workers: How many jobs may run at once; with more than one, whoever submits sees to the order.
    """

    def __init__(self, name: str, depth: int, shutdown: Shutdown, workers: int = 1) -> None:
        self._executor = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._depth = depth
        self._waiting = 0
        self._changed = threading.Condition()
        self._shutdown = shutdown
        self._failure: BaseException | None = None

    def submit(self, job: Callable[[], None]) -> None:
        """Hand over a job, waiting while the lane is full.

        Raises:
            Exception: What an earlier job of this lane raised.
            Interrupted: If the run is to end and its grace is over.
        """
        with self._changed:
            self._wait_until(lambda: self._waiting < self._depth or self._failure is not None)
            self.raise_failure()
            self._waiting += 1
        self._executor.submit(self._run, job)

    def wait(self) -> None:
        """Wait until the lane is empty.

        Raises:
            Exception: What a job of this lane raised.
            Interrupted: If the run is to end and its grace is over.
        """
        self.wait_until(lambda: self._waiting == 0)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until something holds that can only change when a job ends.

        Args:
            ready: Tells whether it holds; jobs that were dropped after a failure need not make it hold.

        Raises:
            Exception: What a job of this lane raised.
            Interrupted: If the run is to end and its grace is over.
        """
        with self._changed:
            self._wait_until(lambda: self._failure is not None or ready())
            self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what a job of this lane raised, if one did."""
        if self._failure is not None:
            raise self._failure

    def close(self, timeout_seconds: float) -> None:
        """Let the running job end and, if shutdown was asked for, drop the waiting ones.

        Args:
            timeout_seconds: Longest to wait for the running job.
        """
        self._executor.shutdown(wait=False)
        with self._changed:
            self._changed.wait_for(lambda: self._waiting == 0, timeout_seconds)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        while not self._changed.wait_for(ready, LOOK_AROUND_SECONDS):
            self._shutdown.check()

    def _run(self, job: Callable[[], None]) -> None:
        try:
            if self._failure is None and not self._shutdown.requested:
                job()
        except Interrupted:
            # The run is ending already: the records of this job stay without an outcome and are sent again.
            pass
        except BaseException as failure:  # noqa: BLE001 - kept and raised again by the reading thread
            self._failure = failure
            self._shutdown.request(FAILURE_GRACE_SECONDS)
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()
