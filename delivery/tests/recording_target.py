"""A loader that delivers into a file, with sinks that can be slow, refuse and fail: what delivery's tests run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused
from delivery.json_text import encode
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome
from delivery.settings import settings_schema
from delivery.sink import Record, Sink
from delivery.target import DeliveryTarget
from singer_sdk import typing as th
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from delivery.entry import Entry


class RecordingSink(Sink):
    """Appends what it is sent to a file, one line a record: `stream id`."""

    record_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "amount": {"type": "number"}},
    }

    def __init__(self, stream: str, stage: int, settings: Mapping[str, Any]) -> None:
        super().__init__(stream)
        self.stage = stage  # type: ignore[misc]  # of the class elsewhere, of the instance in this test
        self.max_batch_count = settings.get("batch", 10)
        self._settings = settings

    @override
    def identify(self, record: Record) -> str:
        return str(record["id"])

    @override
    def opt_out(self, record: Record) -> Record | None:
        says_no = record.get("mailable") is False or record.get("opted") is False
        kept: Record = {name: record[name] for name in ("id", "mailable", "opted") if name in record}
        return kept if says_no else None

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        return {**earlier, **later} if self._settings.get("merging") else None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return deliver_narrowing(batch, self._attempt)

    def _attempt(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        Path(self._settings["path"] + ".begun").touch()
        time.sleep(float(self._settings.get("seconds", 0)))
        if any(entry.record["id"].startswith("fatal") for entry in batch):
            text = "the service refuses the credentials"
            raise AccessRefused(text)
        if any(entry.record["id"].startswith("bad") for entry in batch):
            reason = "is bad"
            raise BatchRefused(reason, "Bad")
        with Path(self._settings["path"]).open("ab") as file:
            file.writelines(self.stream.encode() + b" " + encode(entry.record) + b"\n" for entry in batch)
        return [DELIVERED] * len(batch)


class RecordingTarget(DeliveryTarget):
    """The loader: `people` before `facts`, everything else is facts too."""

    name = "target-recording"
    destination = "recording"
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(
        th.Property("sink", th.ObjectType(additional_properties=True), required=True),
        th.Property("password", th.StringType, secret=True),
    )

    @override
    def connect(self) -> None:
        if self.config.get("password") == "wrong":
            text = "the password is wrong: check the setting password"
            raise AccessRefused(text)

    @override
    def make_sink(self, stream: str) -> Sink:
        return RecordingSink(stream, 0 if stream == "people" else 1, self.config["sink"])


if __name__ == "__main__":
    RecordingTarget.cli()
