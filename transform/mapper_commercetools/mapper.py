"""The mapping as a Meltano mapper, in front of any target."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk.exceptions import ConfigValidationError
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
from mapper_commercetools.message_lines import LineReader, LineWriter
from mapper_commercetools.settings_schema import SETTINGS_PROPERTIES
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_TERMINATED = 143  # what a shell reports for a process ended by SIGTERM


class MapperCommercetools(InlineMapper):
    """Maps commercetools streams into the streams of target-iterable or target-dotdigital."""

    name = "mapper-commercetools"
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = {
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
    message_reader_class = LineReader
    message_writer_class = LineWriter

    def __init__(self, **options: Any) -> None:
        self._lines = LineWriter()
        super().__init__(message_writer=self._lines, **options)
        own_settings = {
            name: value for name, value in self.config.items() if name != "destination" and name not in _sdk_settings()
        }
        self._record_mapper = create_record_mapper(own_settings, str(self.config.get("destination")), path="")
        self._passing: set[str] = set()
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[tuple[str, str, str]] = Counter()
        self.setup_mapper()

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
            self.mapper.register_raw_stream_schema(
                mapped_stream.stream, mapped_stream.schema, list(mapped_stream.key_properties)
            )
            for stream_map in self.mapper.stream_maps[mapped_stream.stream]:
                if not isinstance(stream_map, RemoveRecordTransform):
                    yield SchemaMessage(
                        stream_map.stream_alias,
                        stream_map.transformed_schema,
                        stream_map.transformed_key_properties,
                    )

    @override
    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[Message]:
        self._assert_line_requires(message_dict, {"stream", "record"})
        stream, record = message_dict["stream"], message_dict["record"]
        extracted = read_instant(message_dict.get("time_extracted"))
        if stream in self._passing:
            yield RecordMessage(stream, record, message_dict.get("version"), extracted)
            return
        for mapped_record in self._record_mapper.map_record(stream, record):
            self._outcomes[mapped_record.stream, mapped_record.outcome] += 1
            if mapped_record.record is None:
                self._reasons[mapped_record.stream, mapped_record.outcome, mapped_record.reason or ""] += 1
            else:
                yield from self._apply_stream_maps(mapped_record.stream, mapped_record.record, extracted)

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
        except ConfigValidationError as error:
            raise click.ClickException("; ".join(error.errors)) from error
        except (InvalidInputLine, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError as error:
            # What is still in the buffer cannot be written: without this, Python would try once more at exit and fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            message = "what runs after this mapper stopped reading: see its own messages"
            raise click.ClickException(message) from error


def _sdk_settings() -> frozenset[str]:
    """Return the names of the settings that the SDK adds for stream maps and flattening."""
    schema: dict[str, Any] = {"properties": {}}
    MapperCommercetools.append_builtin_config(schema)
    return frozenset(schema["properties"])
