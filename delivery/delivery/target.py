"""The loader: reads messages, maps them, hands them to the sinks, and lets states out when that is safe."""

from __future__ import annotations

import contextlib
import sys
import time
from abc import abstractmethod
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.exceptions import MappingError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from typing_extensions import override

from delivery.checkpoint import Checkpoint
from delivery.dispatch import Dispatch
from delivery.entry import Source
from delivery.errors import (
    DeliveryError,
    Interrupted,
    InvalidInput,
    KeyPropertiesMissing,
    NotKept,
    RecordBeforeSchema,
    RejectLimitExceeded,
    SettingsError,
)
from delivery.json_text import encode
from delivery.ledger import Ledger
from delivery.loader_command import LoaderCommand
from delivery.mapping import RecordMapper, load_mapper
from delivery.messages import Message, MessageReader
from delivery.outcome import Outcome, rejected, skipped
from delivery.rejects import RejectsFile, SchemaMessage
from delivery.shutdown import Shutdown
from delivery.summary import summarize
from delivery.unexpected import UnexpectedFaults

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.mapper import StreamMap

    from delivery.sink import Sink

STATE_INTERVAL_SECONDS = 2.0
SIGNAL_GRACE_SECONDS = 25.0
"""Orchestrators kill thirty seconds after they ask; requests under way get nearly all of that time."""
EVERY_RECORDS_LOOK_AROUND = 64
KEY_MISSING = "lacks the key property that the stream's SCHEMA announces"
MENDED = "half surrogate pairs, which are no characters, were replaced by U+FFFD"


class DeliveryTarget(LoaderCommand):
    """A Singer target whose every record ends as delivered, rejected or skipped.

    A loader says which sinks it has (`make_sink`), what it calls itself for mappers (`destination`), how to check
    its access (`connect`).
    """

    message_reader_class = MessageReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    destination: ClassVar[str]
    """The vocabulary a mapper is asked for."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.shutdown = Shutdown()
        self.ledger = Ledger()
        self._started_at = datetime.now(tz=timezone.utc)
        self._checkpoint = Checkpoint()
        self._rejects = RejectsFile(Path(self.config["rejects_path"]), self.name, self._started_at)
        self._rejects.check()
        self._dispatch = Dispatch(
            ledger=self.ledger,
            checkpoint=self._checkpoint,
            rejects=self._rejects,
            shutdown=self.shutdown,
            dry_run=self.config["dry_run"],
        )
        mapper_setting = self.config.get("mapper")
        self._record_mapper: RecordMapper | None = (
            load_mapper(mapper_setting, self.destination) if mapper_setting else None
        )
        self._schemas: dict[str, SchemaMessage] = {}
        self._mapped_streams: set[str] = set()
        self._mapping = UnexpectedFaults("mapped")
        self._records_until_look = EVERY_RECORDS_LOOK_AROUND
        self._state_emitted_at = time.monotonic()
        self._connected = False
        self._ended = False

    # What a loader contributes

    @abstractmethod
    def make_sink(self, stream: str) -> Sink:
        """Return the sink of a destination stream.

        Raises:
            SettingsError: If the loader has no sink of that name and none is bound to it.
        """

    @abstractmethod
    def connect(self) -> None:
        """Check the access and read what the sinks need to know; changes nothing in the service.

        Raises:
            AccessRefused: If the credentials do not work.
            ServiceUnavailable: If the service cannot be reached.
        """

    @override
    def ensure_connected(self) -> None:
        if not self._connected:
            self.connect()
            self._connected = True

    # Reading

    @property
    def reader(self) -> MessageReader:
        """The message reader, as what it is."""
        reader = self.message_reader
        if not isinstance(reader, MessageReader):
            message = "a loader reads with delivery's message reader"
            raise TypeError(message)
        return reader

    @override
    def _process_schema_message(self, message_dict: Message) -> None:
        self.reader.require(message_dict, "stream", "schema")
        stream, schema = message_dict["stream"], message_dict["schema"]
        if not isinstance(stream, str):
            text = f"line {self.reader.line_number}: the SCHEMA's stream is no text"
            raise InvalidInput(text)
        if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
            text = f"line {self.reader.line_number}: the SCHEMA of stream '{stream}' has no properties"
            raise InvalidInput(text)
        key_properties = message_dict.get("key_properties") or []
        self._schemas[stream] = SchemaMessage(stream, message_dict)
        try:
            mapped = self._record_mapper.map_schema(stream, schema, key_properties) if self._record_mapper else None
        except ValueError as error:
            raise SettingsError(str(error)) from error
        if mapped is None:
            self._mapped_streams.discard(stream)
            self._register(stream, schema, key_properties)
            return
        self._mapped_streams.add(stream)
        self._check_stream_map(stream, [target_stream.stream for target_stream in mapped])
        for target_stream in mapped:
            self._register(target_stream.stream, target_stream.schema, target_stream.key_properties)

    def _check_stream_map(self, stream: str, yields: Sequence[str]) -> None:
        """Refuse a stream map of what a mapper has turned into something else by then: it would never apply.

        Raises:
            SettingsError: If there is one.
        """
        if yields and stream not in yields and stream in (self.config.get("stream_maps") or {}):
            message = (
                f"setting stream_maps.{stream}: stream maps come after the mapper, which makes {' and '.join(yields)} "
                "of this stream: name that"
            )
            raise SettingsError(message)

    def _register(self, stream: str, schema: dict[str, Any], key_properties: Sequence[str]) -> None:
        known = self.mapper.stream_maps.get(stream)
        if known is None or known[0].raw_schema != schema:
            try:
                self.mapper.register_raw_stream_schema(stream, schema, list(key_properties))
            except MappingError as error:
                message = f"setting stream_maps.{stream}: the SDK cannot use it ({type(error).__name__})"
                raise SettingsError(message) from None
        for stream_map in self.mapper.stream_maps[stream]:
            sink = self._sink(stream_map.stream_alias)
            sink.describe(stream_map.transformed_schema, list(stream_map.transformed_key_properties or []))

    def _sink(self, stream: str) -> Sink:
        sink = self._dispatch.sink(stream)
        if sink is None:
            self.ensure_connected()
            sink = self.make_sink(stream)
            limit = self.config.get("batch_size_rows")
            if limit is not None:
                sink.max_batch_count = min(sink.max_batch_count, limit)
            self._dispatch.register(sink)
        return sink

    @override
    def _process_record_message(self, message_dict: Message) -> None:
        self.reader.require(message_dict, "stream", "record")
        stream, record = message_dict["stream"], message_dict["record"]
        schema = self._schemas.get(stream) if isinstance(stream, str) else None
        if schema is None:
            name = f"'{stream}'" if isinstance(stream, str) else "whose name is no text"
            text = f"line {self.reader.line_number}: a record of stream {name} came before its SCHEMA"
            raise RecordBeforeSchema(text)
        if not isinstance(record, dict):
            self._refuse(stream, schema, rejected("the record is no JSON object", "input"))
        elif stream in self._mapped_streams:
            self._map_record(stream, record, schema)
        else:
            self._route(stream, record, schema)
        self._records_until_look -= 1
        if self._records_until_look == 0:
            self._look_around()

    def _map_record(self, stream: str, record: dict[str, Any], schema: SchemaMessage) -> None:
        if self._record_mapper is None:
            message = "a stream was marked as mapped without a mapper"
            raise RuntimeError(message)
        try:
            results = list(self._record_mapper.map_record(stream, record))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this record alone
            self._refuse(stream, schema, self._mapping.outcome(error))
            return
        self._mapping.passed()
        for mapped in results:
            if mapped.outcome == "mapped" and mapped.record is not None:
                self._route(mapped.stream, mapped.record, schema)
                continue
            reason = mapped.reason or ""
            outcome = rejected(reason, "mapper") if mapped.outcome == "rejected" else skipped(reason)
            # What is missing may be just what could not be read: that is no reason to leave the record out.
            outcome = self._unread() or outcome
            if mapped.record is None:
                self._refuse(mapped.stream, schema, outcome)
            else:
                self._carry_out(mapped.stream, mapped.record, schema, outcome)

    def _refuse(self, stream: str, schema: SchemaMessage, outcome: Outcome) -> None:
        """Settle a record that never reaches a sink."""
        self._dispatch.settle(stream, self._count(stream, schema), outcome)

    def _carry_out(self, stream: str, opt_out: dict[str, Any], schema: SchemaMessage, outcome: Outcome) -> None:
        """Settle a record that the mapper rejected, but for what it says no to, which no filter may hold back."""
        for stream_map in self.mapper.stream_maps[stream]:
            source = self._count(stream_map.stream_alias, schema)
            self._carry_out_shaped(stream, stream_map, opt_out, source, outcome)

    def _refuse_unshaped(
        self, stream: str, stream_map: StreamMap, record: dict[str, Any], source: Source, outcome: Outcome
    ) -> None:
        """Settle a record for which a stream map fails, but for what it says no to."""
        alias = stream_map.stream_alias
        sink = self._dispatch.sink(alias)
        try:
            opt_out = sink.opt_out(record) if sink else None
        except Exception:  # noqa: BLE001 - said with the record's outcome, by the dispatch
            self._dispatch.refuse(alias, record, source, outcome)
            return
        if opt_out is None:
            self._dispatch.settle(alias, source, outcome)
        else:
            self._carry_out_shaped(stream, stream_map, opt_out, source, outcome)

    def _carry_out_shaped(
        self, stream: str, stream_map: StreamMap, opt_out: dict[str, Any], source: Source, outcome: Outcome
    ) -> None:
        """Carry out a no by the names that stream maps give, as far as they can be applied to it."""
        try:
            shaped = stream_map.transform(dict(opt_out))
        except Exception:  # noqa: BLE001 - an expression about a field that is not in the smaller record
            shaped = None
        if shaped is None:
            reason = f"{outcome.reason}; stream_maps.{stream} could not be applied to what it says no to"
            shaped, outcome = opt_out, replace(outcome, reason=reason)
        self._dispatch.carry_out(stream_map.stream_alias, dict(shaped), source, outcome)

    def _unread(self) -> Outcome | None:
        """Return why a record is rejected of which not all could be read; None if all was."""
        if not self.reader.faults:
            return None
        first, *further = self.reader.faults
        return rejected(f"cannot be read: {first}" + (f", and {len(further)} more" if further else ""), "input")

    def _route(self, stream: str, record: dict[str, Any], schema: SchemaMessage) -> None:
        """Apply the user's stream maps and hand the record to its sink."""
        unread = self._unread()
        for stream_map in self.mapper.stream_maps[stream]:
            alias = stream_map.stream_alias
            source = self._count(alias, schema)
            try:
                shaped = stream_map.transform(dict(record))
            except Exception:  # noqa: BLE001 - a user's expression can fail in any way, on this record alone
                # The error's own text may hold values: only the setting is named.
                failed = rejected(f"an expression in stream_maps.{stream} failed", "stream_maps")
                self._refuse_unshaped(stream, stream_map, record, source, failed)
                continue
            if shaped is None:
                self._dispatch.settle(alias, source, skipped(f"filtered by stream_maps.{stream}"))
                continue
            missing = [name for name in stream_map.transformed_key_properties or [] if shaped.get(name) is None]
            if unread is not None:
                self._dispatch.refuse(alias, shaped, source, unread)
            elif missing:
                self._dispatch.refuse(alias, shaped, source, rejected(f"{KEY_MISSING}: {', '.join(missing)}", "key"))
            else:
                self._dispatch.accept(alias, shaped, source)

    def _count(self, stream: str, schema: SchemaMessage) -> Source:
        self.ledger.read(stream)
        if self.reader.mended:
            self.ledger.notice(stream, MENDED)
        return Source(schema, self.reader.line, self._checkpoint.track())

    @override
    def _process_state_message(self, message_dict: Message) -> None:
        self.reader.require(message_dict, "value")
        self._checkpoint.mark(message_dict["value"])
        self._emit_safe_state(at_most_every=STATE_INTERVAL_SECONDS)

    @override
    def _process_activate_version_message(self, message_dict: Message) -> None:
        """Ignore it: both services are upserted into, and nothing is deleted because it was not read again."""

    @override
    def _process_batch_message(self, message_dict: Message) -> None:
        text = f"line {self.reader.line_number}: BATCH messages are not supported; switch batch_config off in the tap"
        raise InvalidInput(text)

    def _look_around(self) -> None:
        self._records_until_look = EVERY_RECORDS_LOOK_AROUND
        self._dispatch.raise_failure()
        self._dispatch.send_aged()
        self._emit_safe_state(at_most_every=STATE_INTERVAL_SECONDS)

    def _emit_safe_state(self, *, at_most_every: float = 0.0) -> None:
        now = time.monotonic()
        if now - self._state_emitted_at < at_most_every or self.config["dry_run"]:
            return
        state = self._checkpoint.take_safe_state()
        if state is not None:
            self._rejects.sync()
            self._write_state_message(state)
            self._state_emitted_at = now

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        try:
            sys.stdout.write(encode(state).decode() + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            message = (
                "standard output is closed: no STATE can be handed on, and the next run begins where this one did; "
                "look what became of the process that reads this loader's output"
            )
            raise NotKept(message) from None

    # Ending

    @override
    def process_endofpipe(self) -> None:
        """Send what waits, settle everything, emit the last state, report, and judge the run.

        Raises:
            DeliveryError: If something could not be settled, or too much was rejected.
        """
        self._dispatch.flush()
        if self.ledger.pending:
            # The end was asked for while the last batches waited: they were dropped, and the next run sends them.
            raise self.shutdown.interruption
        self._tell_unused_stream_maps()
        self._conclude(complete=True)
        self._judge_rejects()

    def _tell_unused_stream_maps(self) -> None:
        named = {name for name in self.config.get("stream_maps") or {} if name.isidentifier() and name[:2] != "__"}
        unused = named - self.mapper.stream_maps.keys()
        if unused and self.mapper.stream_maps:
            self.logger.warning(
                "setting stream_maps: no stream came that is called %s; there were %s",
                " or ".join(sorted(unused)),
                ", ".join(sorted(self.mapper.stream_maps)),
            )

    @override
    def abandon(self) -> None:
        if not self._ended:
            self.shutdown.request(SIGNAL_GRACE_SECONDS)
            # Why the run cannot go on is told in any case, and is what may stand in the way of this too.
            with contextlib.suppress(NotKept):
                self._conclude(complete=False)

    @override
    def end_after_what_was_read(self) -> None:
        # Whatever stands in the way of that comes second to why reading ended, which is told.
        with contextlib.suppress(DeliveryError):
            self._dispatch.flush()
        self.abandon()

    def _conclude(self, *, complete: bool) -> None:
        self._ended = True
        self._dispatch.close()
        try:
            self._emit_safe_state()
            self._rejects.close()
        finally:
            self._report(complete=complete)

    def _report(self, *, complete: bool) -> None:
        summary = summarize(
            loader=self.name,
            started_at=self._started_at,
            complete=complete,
            ledger=self.ledger,
            rejects_file=self._rejects.path if self.ledger.rejected else None,
            dry_run=self.config["dry_run"],
        )
        for line in summary.lines():
            self.logger.info(line)
        if path := self.config.get("summary_path"):
            summary.write(Path(path))

    def _judge_rejects(self) -> None:
        count, allowed = self.ledger.rejected, self.config["max_rejects"]
        if count <= allowed:
            return
        text = (
            f"{count} records were rejected, more than max_rejects allows ({allowed}); everything else was delivered. "
            f"Reasons and records are in {self._rejects.path}"
        )
        lacks_key = any(
            reason.startswith(KEY_MISSING)
            for counts in self.ledger.streams.values()
            for reason in counts.reasons["rejected"]
        )
        raise KeyPropertiesMissing(text) if lacks_key else RejectLimitExceeded(text)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.shutdown.request(SIGNAL_GRACE_SECONDS, signum)
        self.reader.interrupt(Interrupted(signum))
