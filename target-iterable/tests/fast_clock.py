"""The loader's command with waits between tries fifty times as short: what takes minutes in life takes seconds here."""

from __future__ import annotations

from delivery.shutdown import Shutdown
from target_iterable.target import TargetIterable

patient_sleep = Shutdown.sleep


def sleep(self: Shutdown, seconds: float) -> None:
    patient_sleep(self, seconds / 50)


if __name__ == "__main__":
    Shutdown.sleep = sleep  # type: ignore[method-assign]  # that is the point
    TargetIterable.cli()
