"""The command line: what people see when something goes wrong, and the exit code."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError, DiscoveryError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_commercetools.errors import OutputError, TapError
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
        except OutputError as error:
            self._report(str(error))
            _give_up_output()
        except TapError as error:
            self._report(str(error))
        except (ConfigurationError, DiscoveryError) as error:
            self._report(f"the catalog or a setting cannot be used ({type(error).__name__})")
        except Terminated as end:
            self.logger.warning(
                "ended by %s; the next run continues from the last STATE (exit code %s)", end.signal_name, end.code
            )
            raise
        except Exception as error:  # noqa: BLE001 - its text could repeat a record, so only its place is told
            self.logger.error(  # noqa: TRY400 - a traceback ends with the text
                "unexpected %s %s: this is a defect of the tap, report it", type(error).__name__, _place_of(error)
            )
            self.logger.debug("%s", "".join(traceback.format_tb(error.__traceback__)))
        sys.exit(1)

    def _report(self, text: str) -> None:
        self.logger.error("%s", text, exc_info=self.logger.isEnabledFor(logging.DEBUG))


def _give_up_output() -> None:
    """Let what Python still has to write to standard output go nowhere, without another complaint at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return


def _place_of(error: Exception) -> str:
    """Return where in the program an error came up."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "somewhere"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what the SDK says of each stream that is not selected: there are dozens, in every run."""
    return not str(record.msg).startswith("Skipping deselected stream")
