"""The command ``singer-rejects``: says what is in files of rejected records, without showing a record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from delivery.lenient_json import read_leniently

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Rejection(msgspec.Struct, frozen=True):
    """What a loader has written beside a rejected record.

    Attributes:
        stream: The stream of the loader's vocabulary that could not take the record.
        reason: Why, without any value of the record.
        code: The service's word for it; empty if it gave none.
        at: When, ISO 8601.
    """

    stream: str
    reason: str
    code: str
    at: str


class _Line(msgspec.Struct, frozen=True):
    type: str
    record: msgspec.Raw = msgspec.Raw(b"{}")
    rejected: Rejection | None = None


class NoRejectsFile(Exception):
    """A file that holds something else; the text names file and line."""


def read_rejections(path: Path, containing: str = "") -> Iterator[Rejection]:
    """Yield the rejections of one file.

    Args:
        path: A file of rejected records.
        containing: Only those whose record holds this text, such as an id.

    Raises:
        NoRejectsFile: If a line is no Singer message.
    """
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            try:
                line = _read(text)
            except ValueError:
                message = f"{path}, line {number}: not a Singer message; is this a file of rejected records?"
                raise NoRejectsFile(message) from None
            if line.rejected is not None and containing.encode() in bytes(line.record):
                yield line.rejected


def _read(text: bytes) -> _Line:
    """Return a line; of a record that is kept as it came, because it is nearly JSON only, what could be read.

    Raises:
        ValueError: If it is no Singer message.
    """
    try:
        return msgspec.json.decode(text, type=_Line)
    except (msgspec.DecodeError, RecursionError):
        message = read_leniently(text).value
    rejection = msgspec.convert(message.get("rejected"), Rejection | None)
    return _Line(str(message.get("type")), msgspec.Raw(text), rejection)


def count_reasons(rejections: Iterable[Rejection]) -> Counter[tuple[str, str]]:
    """Return how often each reason was given, by stream and reason."""
    return Counter((rejection.stream, rejection.reason) for rejection in rejections)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--containing", default="", help="Only records that hold this text, such as the id of a customer.")
def main(files: tuple[Path, ...], containing: str) -> None:
    """Say why records were rejected, and how many for each reason."""
    total: Counter[tuple[str, str]] = Counter()
    try:
        for path in files:
            total.update(count_reasons(read_rejections(path, containing)))
    except NoRejectsFile as error:
        raise click.ClickException(str(error)) from error
    if not total:
        click.echo("no rejected records")
    for (stream, reason), count in total.most_common():
        click.echo(f"{count:>6}  {stream}: {reason}")
