"""The command line: what people see when something goes wrong, and the exit code."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError, DiscoveryError, MappingError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_commercetools.errors import TapError
from tap_commercetools.termination import Terminated

if TYPE_CHECKING:
    import click


class TapCommand(SingerCommand):
    """The tap's command: one line for an error that people can act on, a traceback only when debugging.

    Exit codes: 0 everything was read; 1 an error; 2 a wrong option; 128 plus the number of a signal that ended the
    run, with a STATE that covers what was written.
    """

    @classmethod
    def of(cls, command: click.Command, logger: logging.Logger) -> TapCommand:
        """Make such a command of the SDK's, with `--test` handled by the run itself instead of while options are read.

        Args:
            command: The SDK's command.
            logger: Where errors go.
        """
        logger.addFilter(_is_worth_a_line)
        for parameter in command.params:
            if parameter.name == "test":
                parameter.callback = None
                parameter.expose_value = True
                parameter.help = (
                    "Use --test to try whether each selected stream can be read, without emitting records. Use "
                    "--test=schema to emit the schemas only."
                )
        return cls(
            name=command.name,
            callback=command.callback,
            params=command.params,
            context_settings=command.context_settings,
            help=command.help,
            logger=logger,
        )

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except TapError as error:
            self._report(str(error))
        except MappingError as error:
            self._report(f"setting stream_maps: {error}")
        except (ConfigurationError, DiscoveryError) as error:
            self._report(str(error))
        except Terminated as end:
            self.logger.warning(
                "ended by %s; the next run continues from the last STATE (exit code %s)", end.signal_name, end.code
            )
            raise
        sys.exit(1)

    def _report(self, text: str) -> None:
        self.logger.error("%s", text, exc_info=self.logger.isEnabledFor(logging.DEBUG))


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what the SDK says of each stream that is not selected: there are dozens, in every run."""
    return not str(record.msg).startswith("Skipping deselected stream")
