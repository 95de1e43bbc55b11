"""The loader's command with a short time for each answer, so that a timeout is a real one and soon over."""

from __future__ import annotations

from delivery.shutdown import Shutdown
from target_iterable import client
from target_iterable.target import TargetIterable

SECONDS = 0.7

patient_sleep = Shutdown.sleep


def sleep(self: Shutdown, seconds: float) -> None:
    patient_sleep(self, seconds / 10)


if __name__ == "__main__":
    client.READ_TIMEOUT_SECONDS = SECONDS
    Shutdown.sleep = sleep  # type: ignore[method-assign]  # that is the point
    TargetIterable.cli()
