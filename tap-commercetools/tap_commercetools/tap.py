"""The tap itself: its settings, its streams, and what they share."""

from __future__ import annotations

import gc
import json
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

import requests
from singer_sdk import Tap
from singer_sdk.helpers._util import load_json
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib.catalog import Catalog, CatalogEntry
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_commercetools.access import check_streams, require_access
from tap_commercetools.catalog import with_stated_methods
from tap_commercetools.client import CommercetoolsClient
from tap_commercetools.command import TapCommand
from tap_commercetools.commercetools_stream import CommercetoolsStream
from tap_commercetools.deletion_stream import DeletionStream
from tap_commercetools.errors import LeftOutError, RequestRefusedError, SettingsError
from tap_commercetools.message_stream import AllMessagesStream
from tap_commercetools.message_writer import BufferedMessageWriter
from tap_commercetools.offer_stream import OfferStream
from tap_commercetools.project_stream import ProjectStream
from tap_commercetools.resource_stream import ResourceStream
from tap_commercetools.retry import RetryPolicy
from tap_commercetools.settings import CONFIG_JSONSCHEMA, Settings
from tap_commercetools.settings_check import (
    describe_map_error,
    fill_defaults_and_list_errors,
    shown_name,
    unknown_settings,
    without_blanks,
)
from tap_commercetools.state_check import check_state, unknown_streams
from tap_commercetools.streams import (
    DELETION_STREAM,
    MESSAGE_STREAM,
    OFFER_STREAM,
    PROJECT_STREAM,
    READ_FIRST,
    READ_LAST,
    SUMMARY_STREAM,
    stream_definitions,
)
from tap_commercetools.summary_stream import SummaryStream
from tap_commercetools.termination import Termination
from tap_commercetools.timestamps import format_timestamp, parse_timestamp
from tap_commercetools.variant_stream import VariantStream

if TYPE_CHECKING:
    from datetime import datetime
    from types import FrameType

    import click
    from singer_sdk import Stream
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter

    from tap_commercetools.project import Project
    from tap_commercetools.stream_definition import StreamDefinition

_STREAM_CLASSES: dict[str, type[CommercetoolsStream]] = {
    "variants": VariantStream,
    PROJECT_STREAM.name: ProjectStream,
    MESSAGE_STREAM.name: AllMessagesStream,
    SUMMARY_STREAM.name: SummaryStream,
    OFFER_STREAM.name: OfferStream,
    DELETION_STREAM.name: DeletionStream,
}
"""Streams that take more than reading a collection."""

_NOT_AS_EXPECTED = (AttributeError, TypeError, ValueError, KeyError, RecursionError)
"""What the SDK raises over input of the wrong kinds."""


class TapCommercetools(Tap):
    """Singer tap for commercetools: reads a project's records incrementally, without losing one."""

    name = "tap-commercetools"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_JSONSCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.DISCOVER,
        TapCapabilities.STATE,
        TapCapabilities.TEST,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    message_writer_class: type[GenericSingerWriter[Any, Any]] = BufferedMessageWriter
    retry_policy: ClassVar[RetryPolicy] = RetryPolicy()

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked."""
        return Settings.from_config(self.config)

    @cached_property
    def client(self) -> CommercetoolsClient:
        """The one client of the platform, shared by all streams."""
        return CommercetoolsClient(self.settings, self.retry_policy, f"{self.name}/{self.plugin_version}")

    @cached_property
    def termination(self) -> Termination:
        """How the process is told to stop."""
        return Termination()

    @cached_property
    def upper(self) -> datetime:
        """Last instant that this run reads, the same for all streams.

        The platform's time when the first stream begins, less the settle time, to the millisecond; the setting
        end_date if that is earlier.
        """
        self.client.sign_in()
        settled = parse_timestamp(format_timestamp(self.client.clock.now() - self.settings.settle))
        return settled if self.settings.end is None else min(settled, self.settings.end)

    @cached_property
    def project(self) -> Project | None:
        """The project's settings; None if the credentials do not reach them."""
        try:
            return self.client.fetch_project()
        except RequestRefusedError as refusal:
            if refusal.status == requests.codes.forbidden:
                return None
            raise

    @override
    def discover_streams(self) -> list[CommercetoolsStream]:
        return [
            _STREAM_CLASSES.get(definition.name, ResourceStream)(self, definition) for definition in self._definitions
        ]

    @property
    def _definitions(self) -> tuple[StreamDefinition, ...]:
        """All streams that there are with these settings, which discovery does not check."""
        containers = self.config.get("custom_object_containers") or []
        if not isinstance(containers, list) or not all(isinstance(each, str) for each in containers):
            message = "setting custom_object_containers must be of type array, of texts"
            raise SettingsError(message)
        return stream_definitions(self.config)

    @override  # type: ignore[misc] # final there, where names alone decide the order
    def load_streams(self) -> list[Stream]:
        """Return the streams in the order they are read: what others refer to first, then by name, carts last."""
        places = {name: place for place, name in enumerate(READ_FIRST)}
        places |= {name: len(places) + 1 for name in READ_LAST}
        return sorted(super().load_streams(), key=lambda stream: places.get(stream.name, len(READ_FIRST)))

    @property
    def selected_streams(self) -> list[CommercetoolsStream]:
        """The streams that the catalog selects; the core streams without a catalog."""
        return [
            stream for stream in self.streams.values() if isinstance(stream, CommercetoolsStream) and stream.selected
        ]

    def run(self) -> None:
        """Read all selected streams.

        Raises:
            AccessError: Before anything is read, if the credentials do not reach one of them.
            LeftOutError: After everything was read, if too many rows were left out.
            TapError: If a stream cannot be read.
        """
        with self.termination.waiting():
            granted = self.client.granted_scopes()
        require_access([stream.definition for stream in self.selected_streams], granted, self.settings)
        self.sync_all()
        self.flush()
        self._judge_what_was_left_out()

    def _judge_what_was_left_out(self) -> None:
        counts = {stream.name: stream.left_out.count for stream in self.selected_streams if stream.left_out.count}
        if not counts:
            return
        count, allowed = sum(counts.values()), self.settings.max_left_out
        by_stream = ", ".join(f"{name}: {each}" for name, each in counts.items())
        text = (
            f"{count} rows were left out because they cannot be read or emitted ({by_stream}): their ids are in the "
            "warnings above. They are not read again before they change"
        )
        if count > allowed:
            message = f"{text}. That is more than max_left_out allows ({allowed}); everything else was emitted"
            raise LeftOutError(message)
        self.logger.warning("%s", text)

    def check(self) -> None:
        """Try one row of each selected stream and report what works, without emitting any.

        Raises:
            AccessError: If a stream cannot be read.
        """
        with self.termination.waiting():
            check_streams(self.selected_streams, self.client.granted_scopes(), self.settings, self.logger)

    def flush(self) -> None:
        """Write out the messages gathered so far."""
        if isinstance(self.message_writer, BufferedMessageWriter):
            self.message_writer.flush()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; the SDK's own texts would repeat values, secrets among them."""
        self.append_builtin_config(self.config_jsonschema)
        self._config = without_blanks(self._config)
        errors = [
            *_not_text(self._config),
            *unknown_settings(self._config, self.config_jsonschema),
            *fill_defaults_and_list_errors(self._config, self.config_jsonschema),
        ]
        if not errors:
            try:
                Settings.from_config(self._config)
            except SettingsError as error:
                errors = [str(error)]
        if errors and raise_errors:
            raise SettingsError("; ".join(errors))
        return errors

    @override
    def setup_mapper(self) -> None:
        """Set up stream maps and flattening.

        Raises:
            SettingsError: If they cannot be; the SDK's own texts would repeat expressions.
        """
        try:
            super().setup_mapper()
        except Exception as error:  # noqa: BLE001 - of many kinds, and none but of these settings
            raise SettingsError(describe_map_error(self.config.get("stream_maps"), error)) from None

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        told = check_state(state, {definition.name for definition in self._definitions})
        _check_partitions(state)
        if told is not None:
            self.logger.warning("%s", told)
        super().load_state(state)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.termination.request(signum)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        return TapCommand.of(super().get_singer_command(), cls.logger)

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, TypeError, ValueError) as error:
            message = (
                f"--config {' '.join(value)} cannot be read ({type(error).__name__}): give the path of a file with a "
                "JSON object, or ENV"
            )
            raise SettingsError(message) from None

    @classmethod
    @override
    def invoke(  # type: ignore[override] # click calls it, with the options of the command
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        test: str = CliTestOptionValue.Disabled.value,
    ) -> None:
        """Run the tap as the command line says.

        Raises:
            TapError: If the run cannot go on; `TapCommand` reports it in one line.
        """
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        input_catalog = _read_json("--catalog", catalog)
        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=_read_json("--state", state),
            catalog=None if input_catalog is None else _catalog(input_catalog),
        )
        names = {definition.name for definition in tap._definitions}
        unknown = [] if input_catalog is None else unknown_streams(input_catalog, names)
        if unknown:
            cls.logger.warning("streams of the catalog that do not exist are passed over: %s", ", ".join(unknown))
        if test == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        elif test == CliTestOptionValue.All.value:
            tap.check()
        else:
            gc.collect()
            gc.freeze()  # the schemas stay to the end: the collector need not go through them again and again
            tap.run()


def _not_text(config: dict[str, Any]) -> list[str]:
    """Return a text for each setting that holds half a character, which no request could carry."""
    return [
        f"setting {shown_name(setting)} holds half a character (half of a surrogate pair)"
        for setting, value in config.items()
        if not _is_text(json.dumps(value, ensure_ascii=False, default=str))
    ]


def _is_text(text: str) -> bool:
    return text == text.encode(errors="ignore").decode()


def _check_partitions(state: dict[str, Any]) -> None:
    """Check what of a state the SDK looks at and the tap has no use for.

    Raises:
        SettingsError: If it is none.
    """
    for stream, bookmark in state.get("bookmarks", {}).items():
        for partition in bookmark.get("partitions", []):
            markers = partition.get("progress_markers", {}) if isinstance(partition, dict) else None
            if not isinstance(markers, dict):
                message = (
                    f"stream {shown_name(stream)}: the partitions of its bookmark in the state are none: remove them, "
                    "the tap has no use for them"
                )
                raise SettingsError(message)


def _catalog(document: dict[str, Any]) -> Catalog:
    """Return a catalog as the SDK keeps it.

    Raises:
        SettingsError: If an entry cannot be one.
    """
    unknown_streams(document, ())  # is a catalog at all
    catalog = Catalog()
    for number, stated in enumerate(document["streams"], start=1):
        entry = _entry(stated)
        if entry is None:
            name = shown_name(str(stated.get("tap_stream_id", "")))
            message = (
                f"--catalog: entry {number} of streams ({name}) is not written as --discover writes it: look at its "
                "tap_stream_id, schema, metadata and key_properties"
            )
            raise SettingsError(message)
        catalog[entry.tap_stream_id] = entry
    return catalog


def _entry(stated: dict[str, Any]) -> CatalogEntry | None:
    """Return an entry of a catalog; None if it is none."""
    try:
        (with_method,) = with_stated_methods({"streams": [stated]})["streams"]
        entry = CatalogEntry.from_dict(with_method)
        entry.metadata.resolve_selection()
    except _NOT_AS_EXPECTED:
        return None
    kinds = ((stated["tap_stream_id"], str), (stated.get("key_properties", []), list | None))
    return entry if all(isinstance(value, kind) for value, kind in kinds) else None


def _read_json(option: str, file: IO[str] | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        document: object = load_json(file.read())
    except (ValueError, RecursionError) as error:
        message = f"{option} {file.name} is not a JSON document ({type(error).__name__})"
        raise SettingsError(message) from None
    if not isinstance(document, dict):
        message = f"{option} {file.name} must hold a JSON object"
        raise SettingsError(message)
    return document
