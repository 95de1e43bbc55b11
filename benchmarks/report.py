"""Tables of figures: on the screen, and in a file that keeps the latest of each subject."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING

from rich.table import Table as ScreenTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TITLE = "# Results\n\nWritten by `make bench`; the README says what the figures mean.\n"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one question.

    Attributes:
        title: What was measured, on what data.
        columns: Headings; the first column holds names, the others figures.
        rows: One text for each column.
        note: What a reader must know to read them right.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def for_screen(self) -> ScreenTable:
        """Return the table as rich prints it."""
        table = ScreenTable(title=self.title, title_justify="left", caption=self.note, caption_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """Return the table in Markdown, its title above and its note below."""
        rule = ["---", *("---:" for _ in self.columns[1:])]
        lines = (f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows))
        return "\n\n".join(filter(None, (f"**{self.title}**", "\n".join(lines), self.note))) + "\n"


def machine() -> str:
    """Return what the figures depend on: when, on how many cores, with which versions."""
    day = datetime.now(tz=timezone.utc)
    return (
        f"Measured on {day:%Y-%m-%d}: {os.cpu_count()} cores, {platform.system()} on {platform.machine()}, "
        f"Python {platform.python_version()}, singer-sdk {version('singer-sdk')}."
    )


def write_results(path: Path, subject: str, tables: Sequence[Table], order: Sequence[str]) -> None:
    """Put the tables of one subject in the file of results, in place of its earlier ones.

    Args:
        path: The file; it need not exist.
        subject: The subject.
        tables: Its tables.
        order: All subjects, in the order in which they stand in the file.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    pieces = _SECTION.split(text)
    sections = {name: body.strip("\n") for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
    sections[subject] = "\n".join([machine(), "", *(table.as_markdown() for table in tables)]).strip("\n")
    written = (f"\n## {name}\n\n{sections[name]}\n" for name in order if name in sections)
    path.write_text(_TITLE + "".join(written), encoding="utf-8")
