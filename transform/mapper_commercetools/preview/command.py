"""The command `mapper-commercetools-preview`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec

from mapper_commercetools.engine import DESTINATIONS
from mapper_commercetools.preview.previewer import Previewer
from mapper_commercetools.preview.report import as_json, as_text
from mapper_commercetools.preview.source import SourceError, SourceRecord, SourceSchema, is_called, read_source
from mapper_commercetools.references import REFERENCE_STREAMS
from mapper_commercetools.stream_map_faults import STREAM_MAP_FAULTS, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_commercetools.preview.previewer import PreviewedOutcome, RecordPreview

    Report = Callable[[SourceRecord, Sequence[RecordPreview]], str]


@click.command(name="mapper-commercetools-preview")
@click.option(
    "config_files",
    "--config",
    type=click.File("rb"),
    multiple=True,
    help="Settings of the mapper, as for mapper-commercetools. One with `destination` is for that destination only; "
    "give two for two. Without any, the defaults.",
)
@click.option(
    "--destination", type=click.Choice(DESTINATIONS), help="Show one destination only. Without it, all configured."
)
@click.option(
    "record_file",
    "--record",
    type=click.File("r", encoding="utf-8"),
    default="-",
    help="The input: Singer messages, or a record of the platform as JSON. Without it, standard input.",
)
@click.option("--stream", help="Stream of a plain record, such as orders; of messages, the only stream to read.")
@click.option("--id", "name", help="Only records with this id, key, order number, customer number or e-mail address.")
@click.option("output", "--format", type=click.Choice(["text", "json"]), default="text", help="Text, or JSON Lines.")
def preview_command(
    *,
    config_files: Sequence[IO[bytes]],
    destination: str | None,
    record_file: IO[str],
    stream: str | None,
    name: str | None,
    output: str,
) -> None:
    """Show what would be sent for a record, to each destination, and why.

    Nothing is sent. What is shown holds personal data: it goes to standard output and nowhere else.

    tap-commercetools --config tap.json | mapper-commercetools-preview --config mapper.json --id 10042
    """
    try:
        previewers = _previewers(config_files, destination)
        shown, read = _show(previewers, record_file, stream, name, as_text if output == "text" else as_json)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except STREAM_MAP_FAULTS as error:
        raise click.ClickException(unusable(error)) from None
    if not shown:
        message = f"none of the {read} records read is called so: check --id and --stream, and what the tap reads"
        raise click.ClickException(message)


def _previewers(config_files: Sequence[IO[bytes]], destination: str | None) -> list[Previewer]:
    configs = [_config(file) for file in config_files] or [{}]
    previewers: dict[str, Previewer] = {}
    for config in configs:
        named = config.get("destination")
        for wanted in DESTINATIONS if named is None else (named,):
            if wanted in previewers:
                message = f"destination: two files of settings are for {wanted}; give each of them its destination"
                raise ValueError(message)
            previewers[wanted] = Previewer(config, wanted)
    if destination is not None and destination not in previewers:
        message = f"--destination: no file of settings is for {destination}"
        raise ValueError(message)
    return [previewer for previewer in previewers.values() if destination in {None, previewer.destination}]


def _config(file: IO[bytes]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file.read(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{file.name}: not a JSON object with settings"
        raise SourceError(message) from error


def _show(
    previewers: Sequence[Previewer], lines: IO[str], stream: str | None, name: str | None, report: Report
) -> tuple[int, int]:
    """Print the previews; return how many records were shown and how many read."""
    shown = read = 0
    for item in read_source(lines, stream):
        if isinstance(item, SourceSchema):
            for previewer in previewers:
                previewer.announce(item.stream, item.schema, item.key_properties)
            continue
        asked_for = stream in {None, item.stream}
        read += asked_for
        wanted = asked_for and (name is None or is_called(item.record, name))
        if not wanted and item.stream not in REFERENCE_STREAMS:
            continue
        # What others refer to is mapped even if it is not shown.
        previews = [previewer.preview(item.stream, item.record) for previewer in previewers]
        if wanted:
            shown += 1
            sys.stdout.write(_reported(item, previews, report))
            sys.stdout.write("\n")
    sys.stdout.flush()
    return shown, read


def _reported(source: SourceRecord, previews: Sequence[RecordPreview], report: Report) -> str:
    """Return a preview as it is printed; of a record that no JSON can hold what became of it, without any value."""
    try:
        return report(source, previews)
    except Exception as error:  # noqa: BLE001  one record must never stop the others from being shown
        bare = [replace(preview, outcomes=tuple(map(_bare, preview.outcomes))) for preview in previews]
        hidden = SourceRecord(source.stream, {"id": f"cannot be shown ({type(error).__name__})"})
        return report(hidden, bare)


def _bare(outcome: PreviewedOutcome) -> PreviewedOutcome:
    reason = outcome.reason or "what is sent cannot be shown"
    return replace(outcome, reason=reason, sent=())
