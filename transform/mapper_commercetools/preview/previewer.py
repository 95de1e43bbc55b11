"""What one destination would be sent for a record: the mapping, then the stream maps."""

from __future__ import annotations

import logging
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from singer_sdk.mapper import PluginMapper

from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.mapper import MapperCommercetools
from mapper_commercetools.preview.reasons import reasons_for
from mapper_commercetools.settings import compile_settings
from mapper_commercetools.stream_map_faults import failed_expression, register

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mapper_commercetools.outcomes import MappedRecord, MappedStream
    from mapper_commercetools.source_values import Record


@dataclass(frozen=True, slots=True)
class SentRecord:
    """A record as the loader gets it."""

    stream: str
    record: Record


@dataclass(frozen=True, slots=True)
class PreviewedOutcome:
    """What became of a record for one destination stream.

    Attributes:
        stream: The destination stream, before stream maps rename it.
        outcome: `sent`; `skipped` or `rejected` by the mapping; `filtered` by the stream maps; `passed`, untouched,
            because it is not the platform's.
        reason: Why it is not sent; None if it is.
        sent: What the loader gets: one record, or several if stream maps copy the stream; of a rejected record what the
            person says no to.
        stream_maps: What the stream maps changed; empty if nothing.
    """

    stream: str
    outcome: Literal["sent", "skipped", "rejected", "filtered", "passed"]
    reason: str | None
    sent: tuple[SentRecord, ...]
    stream_maps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordPreview:
    """What one destination would be sent for one record.

    Attributes:
        destination: `iterable` or `dotdigital`.
        outcomes: At least one.
        why: What the settings decided, one sentence each.
    """

    destination: str
    outcomes: tuple[PreviewedOutcome, ...]
    why: tuple[str, ...]


class Previewer:
    """Maps records as a run would.

    Args:
        config: Settings of the mapper, as for `mapper-commercetools`; `destination` among them is not read.
        destination: `iterable` or `dotdigital`.
        at: The instant of the run; now by default.

    Raises:
        ValueError: If a setting is unknown or wrong.
    """

    def __init__(self, config: Mapping[str, Any], destination: str, *, at: datetime | None = None) -> None:
        sdk_names = _sdk_setting_names()
        own = {name: value for name, value in config.items() if name != "destination" and name not in sdk_names}
        self.destination = destination
        at = at or datetime.now(timezone.utc)
        self._mapper = create_record_mapper(own, destination, at=at, path="")
        self._settings = compile_settings(own, at=at)
        # Null settings are as absent ones; the SDK takes members out of what it is given.
        given = {name: deepcopy(config[name]) for name in sdk_names if config.get(name) is not None}
        self._stream_maps = PluginMapper(given, logging.getLogger(__name__))
        self._known: dict[str, Sequence[MappedStream] | None] = {}

    def announce(self, stream: str, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        """Take in the schema of a source stream."""
        mapped_streams = self._mapper.map_schema(stream, schema, key_properties)
        self._known[stream] = mapped_streams
        for mapped_stream in mapped_streams or ():
            register(self._stream_maps, mapped_stream)

    def preview(self, stream: str, record: Record) -> RecordPreview:
        """Return what would be sent for a record of a source stream.

        A stream without a schema is taken for one of the platform's.
        """
        if stream not in self._known:
            self.announce(stream, {"properties": {name: {} for name in ("id", "lastModifiedAt", *record)}}, ["id"])
        if self._known[stream] is None:
            passed = PreviewedOutcome(stream, "passed", None, (SentRecord(stream, record),), ())
            return RecordPreview(self.destination, (passed,), ())
        outcomes = tuple(
            previewed
            for outcome in self._mapper.map_record(stream, record)
            for previewed in self._previewed(outcome, stream, record)
        )
        why = reasons_for(stream, record, self._settings, self._mapper.references)
        return RecordPreview(self.destination, outcomes, tuple(why))

    def _previewed(self, outcome: MappedRecord, stream: str, record: Record) -> Iterator[PreviewedOutcome]:
        """Yield what becomes of an outcome; a record on which a stream map fails is rejected, as in a run."""
        if outcome.outcome != "mapped" or outcome.record is None:
            yield self._unsent(outcome)
            return
        try:
            yield self._after_stream_maps(outcome.stream, outcome.record)
        except Exception as error:  # noqa: BLE001  a user's expression can fail in any way
            reason = failed_expression(outcome.stream, error)
            yield from (self._unsent(no) for no in self._mapper.reject(stream, record, outcome, reason))

    def _unsent(self, outcome: MappedRecord) -> PreviewedOutcome:
        """Return what is skipped or rejected, with what the person says no to."""
        sent: tuple[SentRecord, ...] = ()
        if outcome.record is not None:
            try:
                sent = self._after_stream_maps(outcome.stream, outcome.record).sent
            except Exception:  # noqa: BLE001  a stream map that cannot do without what the smaller record lacks
                sent = (SentRecord(outcome.stream, outcome.record),)
        return PreviewedOutcome(outcome.stream, _ended(outcome.outcome), outcome.reason, sent, ())

    def _after_stream_maps(self, stream: str, record: Record) -> PreviewedOutcome:
        sent: list[SentRecord] = []
        changes: list[str] = []
        for stream_map in self._stream_maps.stream_maps.get(stream, ()):
            transformed = stream_map.transform(deepcopy(record))
            if transformed is None:
                changes.append(f"stream_maps.{stream_map.stream_alias}: left out")
                continue
            sent.append(SentRecord(stream_map.stream_alias, transformed))
            if difference := _difference(stream, record, stream_map.stream_alias, transformed):
                changes.append(f"stream_maps.{stream_map.stream_alias}: {difference}")
        if not sent:
            return PreviewedOutcome(stream, "filtered", f"stream_maps leave it out of {stream}", (), tuple(changes))
        return PreviewedOutcome(stream, "sent", None, tuple(sent), tuple(changes))


def _ended(outcome: str) -> Literal["skipped", "rejected"]:
    return "rejected" if outcome == "rejected" else "skipped"


def _difference(stream: str, before: Record, alias: str, after: Record) -> str:
    """Return what is different at the top level, in words; empty if nothing is."""
    kinds = {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": [name for name in after if name in before and after[name] != before[name]],
    }
    parts = [f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names]
    return "; ".join(([f"sent as {alias}"] if alias != stream else []) + parts)


def _sdk_setting_names() -> frozenset[str]:
    schema: dict[str, Any] = {"properties": {}}
    MapperCommercetools.append_builtin_config(schema)
    return frozenset(schema["properties"])
