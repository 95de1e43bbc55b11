"""The mapping as a Meltano mapper, in front of any target."""

from __future__ import annotations

import os
import sys
from collections import Counter
from copy import deepcopy
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from jsonschema import Draft7Validator
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.singerlib.exceptions import InvalidInputLine
from singer_sdk.singerlib.messages import (
    ActivateVersionMessage,
    Message,
    RecordMessage,
    SchemaMessage,
    StateMessage,
)
from typing_extensions import override

from mapper_commercetools.engine import DESTINATIONS, create_record_mapper
from mapper_commercetools.message_lines import UNREADABLE, LineReader, LineWriter, NotWritableError
from mapper_commercetools.outcomes import UNEXPECTED, MappedRecord, rejected
from mapper_commercetools.settings_check import check_settings
from mapper_commercetools.settings_schema import SETTINGS_PROPERTIES
from mapper_commercetools.stream_map_faults import STREAM_MAP_FAULTS, failed_expression, register, unusable
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_MOST_FAULTS_IN_A_ROW = 100
_TERMINATED = 143  # what a shell reports for a process ended by SIGTERM
_OWN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["destination"],
    "properties": {
        "destination": {
            "type": "string",
            "description": f"For which loader the records are: {' or '.join(DESTINATIONS)}",
        },
        **SETTINGS_PROPERTIES,
    },
}


class MapperCommercetools(InlineMapper):
    """Maps commercetools streams into the streams of target-iterable or target-dotdigital."""

    name = "mapper-commercetools"
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(_OWN_SCHEMA)  # the SDK adds its own settings to it
    message_reader_class = LineReader
    message_writer_class = LineWriter

    def __init__(self, **options: Any) -> None:
        self._lines = LineWriter()
        self._reader = LineReader(before_fault=self._lines.flush)
        super().__init__(message_reader=self._reader, message_writer=self._lines, **options)
        own_settings = {
            name: value for name, value in self.config.items() if name != "destination" and name not in _sdk_settings()
        }
        self._record_mapper = create_record_mapper(own_settings, str(self.config.get("destination")), path="")
        self._passing: set[str] = set()
        self._keys: dict[str, tuple[str, ...]] = {}
        self._faults = 0
        self._faults_in_a_row = 0
        self._last_fault = ""
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[tuple[str, str, str]] = Counter()
        self.setup_mapper()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings before the SDK does, whose texts repeat values."""
        check_settings(self.config, _OWN_SCHEMA, "")
        _check_sdk_settings(self.config)
        return super()._validate_config(raise_errors=raise_errors)

    @override
    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        self._assert_line_requires(message_dict, {"stream", "schema"})
        stream, schema = message_dict["stream"], message_dict["schema"]
        keys = message_dict.get("key_properties") or []
        mapped_streams = self._record_mapper.map_schema(stream, schema, keys)
        if mapped_streams is None:
            self._passing.add(stream)
            yield SchemaMessage(stream, schema, keys, message_dict.get("bookmark_properties"))
            return
        self._passing.discard(stream)
        yields = [mapped_stream.stream for mapped_stream in mapped_streams]
        if yields and stream not in yields and stream in (self.config.get("stream_maps") or {}):
            made = " and ".join(yields)
            message = f"stream_maps.{stream}: stream maps come after the mapping, which makes {made} of this stream"
            raise ValueError(message)
        for mapped_stream in mapped_streams:
            self._keys[mapped_stream.stream] = mapped_stream.key_properties
            register(self.mapper, mapped_stream)
            for stream_map in self.mapper.stream_maps[mapped_stream.stream]:
                if not isinstance(stream_map, RemoveRecordTransform):
                    yield SchemaMessage(
                        stream_map.stream_alias,
                        stream_map.transformed_schema,
                        stream_map.transformed_key_properties,
                    )

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Write what a record becomes. Whatever is wrong with it is its own fault, and the rest goes on.

        Raises:
            InvalidInputLine: If so many records in a row fail that it cannot be the records.
        """
        before = self._faults
        if (reason := message_dict.get(UNREADABLE)) is not None:
            self._count(rejected("unreadable lines", reason))
        else:
            for message in self.map_record_message(message_dict):
                self._write_record(message)
        self._faults_in_a_row = self._faults_in_a_row + 1 if self._faults > before else 0
        if self._faults_in_a_row > _MOST_FAULTS_IN_A_ROW:
            text = (
                f"more than {_MOST_FAULTS_IN_A_ROW} records in a row cannot be mapped, the last in line "
                f"{self._reader.line_number} of the input: {self._last_fault}"
            )
            raise InvalidInputLine(text)

    def _write_record(self, message: RecordMessage) -> None:
        try:
            self.write_message(message)
        except NotWritableError as fault:
            self._count(rejected(message.stream, str(fault)))

    @override
    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[RecordMessage]:
        self._assert_line_requires(message_dict, {"stream", "record"})
        stream, record = message_dict["stream"], message_dict["record"]
        extracted = read_instant(message_dict.get("time_extracted"))
        if stream in self._passing:
            yield RecordMessage(stream, record, message_dict.get("version"), extracted)
            return
        for outcome in self._record_mapper.map_record(stream, record):
            yield from self._messages_of(outcome, stream, record, extracted)

    def _messages_of(
        self, outcome: MappedRecord, stream: str, record: dict[str, Any], extracted: datetime | None
    ) -> Iterator[RecordMessage]:
        """Yield what an outcome is written as, after the stream maps.

        A record on which a stream map fails is rejected, but not what the person says no to.
        """
        if outcome.outcome == "mapped" and outcome.record is not None:
            try:
                messages = list(self._apply_stream_maps(outcome.stream, outcome.record, extracted))
            except Exception as error:  # noqa: BLE001  a user's expression can fail in any way, on this record alone
                reason = failed_expression(outcome.stream, error)
                for no in self._record_mapper.reject(stream, record, outcome, reason):
                    yield from self._messages_of(no, stream, record, extracted)
            else:
                self._count(outcome)
                yield from messages
            return
        noes = [] if outcome.record is None else list(self._noes(outcome.stream, outcome.record, extracted))
        self._count(outcome, carried_out=bool(noes))
        yield from noes

    def _noes(self, stream: str, no: dict[str, Any], extracted: datetime | None) -> Iterator[RecordMessage]:
        """Yield the smaller record of a rejected one, as it is where a stream map cannot do without what it lacks."""
        if any(no.get(key) is None for key in self._keys.get(stream, ())):
            # Without its key a target would refuse not only this record.
            return
        try:
            yield from list(self._apply_stream_maps(stream, no, extracted))
        except Exception:  # noqa: BLE001  as above
            for stream_map in self.mapper.stream_maps.get(stream, ()):
                yield RecordMessage(stream_map.stream_alias, no, time_extracted=extracted)

    def _count(self, outcome: MappedRecord, *, carried_out: bool = False) -> None:
        self._outcomes[outcome.stream, outcome.outcome] += 1
        if outcome.reason is None:
            return
        reason = f"{outcome.reason}; its opt-out was carried out" if carried_out else outcome.reason
        self._reasons[outcome.stream, outcome.outcome, reason] += 1
        if outcome.reason.startswith(UNEXPECTED):
            self._faults += 1
            self._last_fault = outcome.reason

    def _apply_stream_maps(
        self, stream: str, record: dict[str, Any], extracted: datetime | None
    ) -> Iterator[RecordMessage]:
        for stream_map in self.mapper.stream_maps.get(stream, ()):
            transformed = stream_map.transform(record)
            if transformed is not None:
                yield RecordMessage(stream_map.stream_alias, transformed, time_extracted=extracted)

    @override
    def map_state_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        self._assert_line_requires(message_dict, {"value"})
        yield StateMessage(message_dict["value"])

    @override
    def map_activate_version_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        self._assert_line_requires(message_dict, {"stream", "version"})
        # The loaders upsert: a version of a mapped stream has no meaning to them.
        if message_dict["stream"] in self._passing:
            yield ActivateVersionMessage(message_dict["stream"], message_dict["version"])

    @override
    def map_batch_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        message = "BATCH messages cannot be mapped: switch off batch_config in the tap"
        raise InvalidInputLine(message)

    @override
    def process_endofpipe(self) -> None:
        self._lines.flush()
        super().process_endofpipe()
        if mended := self._reader.mended_lines:
            self.logger.warning("%d lines of the input held half of a surrogate pair, which became U+FFFD", mended)
        if not self._outcomes:
            return
        counts = ", ".join(
            f"{stream}: {number} {outcome}" for (stream, outcome), number in sorted(self._outcomes.items())
        )
        reasons = "; ".join(
            f"{number} of {stream} {outcome} because of {reason}"
            for (stream, outcome, reason), number in sorted(self._reasons.items())
        )
        any_rejected = any(outcome == "rejected" for _, outcome in self._outcomes)
        log = self.logger.warning if any_rejected else self.logger.info
        log("Mapped: %s%s", counts, f" ({reasons})" if reasons else "")

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # What waits in the buffer is covered by no STATE that went out. Exit code 0 would call a cut run complete.
        self.logger.warning("Stopped by signal %d before the input ended", signum)
        sys.exit(_TERMINATED)

    @classmethod
    @override
    def invoke(cls, *, file_input: IO[str] | None = None, **options: Any) -> None:
        """Run the mapper; what a person can mend is told in one line.

        Args:
            file_input: Where messages are read; standard input by default.
            options: The SDK's options.

        Raises:
            click.ClickException: If a setting or the input is wrong.
        """
        try:
            super().invoke(file_input=file_input, **options)
        except (InvalidInputLine, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except STREAM_MAP_FAULTS as error:
            raise click.ClickException(unusable(error)) from None
        except BrokenPipeError as error:
            # What is still in the buffer cannot be written: without this, Python would try once more at exit and fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            message = "what runs after this mapper stopped reading: see its own messages"
            raise click.ClickException(message) from error


def _sdk_settings() -> dict[str, dict[str, Any]]:
    """Return the settings that the SDK adds for stream maps and flattening: name → JSON Schema."""
    schema: dict[str, Any] = {"properties": {}}
    MapperCommercetools.append_builtin_config(schema)
    properties: dict[str, dict[str, Any]] = schema["properties"]
    return properties


def _check_sdk_settings(config: Mapping[str, Any]) -> None:
    """Check the settings that the SDK adds.

    Raises:
        ValueError: If one is wrong; the text names it.
    """
    for name, schema in _sdk_settings().items():
        if name in config and not _fits(config[name], schema):
            message = f"{name}: not what the SDK takes there; see https://sdk.meltano.com/en/latest/stream_maps.html"
            raise ValueError(message)


def _fits(value: object, schema: dict[str, Any]) -> bool:
    try:
        return Draft7Validator(schema).is_valid(value)
    except AttributeError:
        # A place that the SDK's schema describes by a mere word, after all that may stand there.
        return False
