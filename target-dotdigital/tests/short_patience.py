"""The loader's command, waiting one second for an answer instead of two minutes."""

from __future__ import annotations

from target_dotdigital import client
from target_dotdigital.target import TargetDotdigital

if __name__ == "__main__":
    client.SECONDS_TO_ANSWER = 1.0
    TargetDotdigital.cli()
