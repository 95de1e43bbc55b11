"""The loader as a command: its settings, its options, and how each way of ending becomes one line and an exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from abc import abstractmethod
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click
from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from delivery.errors import DeliveryError, InvalidInput, StreamStopped
from delivery.settings import drop_alternatives_that_are_none, explain, read_environment
from delivery.settings_faults import setting_fault

if TYPE_CHECKING:
    from singer_sdk.plugin_base import _ConfigInput

OBJECTS_BEFORE_COLLECTION = (20_000, 50, 100)
"""Records are many small objects without cycles. Looking for cycles among those that wait, and among all that was
imported, as often as Python does by itself takes a fifth of a run."""


class LoaderCommand(Target):
    """A Singer target that people start, and that ends in one line whatever happens."""

    # What the loader contributes

    @abstractmethod
    def ensure_connected(self) -> None:
        """Connect, once."""

    @abstractmethod
    def abandon(self) -> None:
        """End a run that cannot go on: let requests under way end, keep what is safe, report."""

    @abstractmethod
    def end_after_what_was_read(self) -> None:
        """End a run that can read no further, after what was read before has its outcome."""

    # Settings

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Fill in defaults and check the settings; unlike the SDK's, the texts show nothing that a setting holds."""
        self.append_builtin_config(self.config_jsonschema)
        # Null says that a setting is not set: so it gets its default, like any other.
        self._config = {name: value for name, value in self._config.items() if value is not None}
        errors = [
            setting_fault(error) for error in JSONSchemaValidator(self.config_jsonschema).iter_errors(self._config)
        ]
        if errors and raise_errors:
            raise ConfigValidationError("; ".join(errors), errors=errors, schema=self.config_jsonschema)
        return errors

    @override
    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)
        return read_environment(schema, cls.name)

    @override
    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        # Past the SDK's Target: its load_method, batch and metadata settings would promise what no loader here does.
        super(Target, cls).append_builtin_config(config_jsonschema)
        drop_alternatives_that_are_none(config_jsonschema)

    @override
    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Read the files given with `--config`."""
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError):
            # The reader's own text may show what stands in the file.
            cls._fail("the file given with --config is not there, or is no JSON object", 1)

    # The command

    @override
    @classmethod
    def invoke(  # type: ignore[override]  # the SDK's own signature differs from its base's in the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        check: bool = False,
    ) -> None:
        """Run the loader; every error becomes one line and a non-zero exit code."""
        super(Target, cls).invoke(about=about, about_format=about_format)
        gc.freeze()
        gc.set_threshold(*OBJECTS_BEFORE_COLLECTION)
        target: LoaderCommand | None = None
        try:
            target = cls(
                config=config.config if config else {},
                parse_env_config=config.parse_env if config else False,
                validate_config=True,
            )
            target.ensure_connected()
            if check:
                click.echo(f"{cls.name}: the credentials work")
                return
            target.listen(file_input)
        except ConfigValidationError as error:
            cls._fail(explain(error, cls.name), 1)
        except (InvalidInput, StreamStopped) as error:
            if target is not None:
                target.end_after_what_was_read()
            cls._fail(str(error), error.exit_code)
        except DeliveryError as error:
            if target is not None:
                target.abandon()
            cls._fail(str(error), error.exit_code)
        except Exception as error:  # noqa: BLE001 - a fault of ours: keep what is safe, then show where it happened
            if target is not None:
                target.abandon()
            # Where it happened, but not the error's own text: that may hold values of a record.
            places = "".join(traceback.format_tb(error.__traceback__))
            cls._fail(f"unexpected {type(error).__name__}; please report this with the lines below\n{places}", 1)

    @classmethod
    def _fail(cls, text: str, exit_code: int) -> NoReturn:
        cls.logger.error("%s", text)
        # Whoever reads the one may be gone, and the other still there.
        for output in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                output.flush()
        # Not sys.exit(): worker threads may still wait in a request, and must not hold up the end.
        os._exit(exit_code)

    @override
    @classmethod
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.append(
            click.Option(["--check"], is_flag=True, help="Check the settings and credentials, and load nothing.")
        )
        return command
