"""Measures the connectors on this machine, each against a named peer or a limit found in the same run.

Absolute figures depend on the machine and on what else it does: look at the ratios and at the numbers of calls.

    python benchmarks/run.py                  # all subjects
    python benchmarks/run.py tap              # one of them
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import dotdigital_benchmark
import iterable_benchmark
import loader_benchmark
import mapping_benchmark
import purchase_benchmark
import tap_benchmark
from measuring import BENCHMARKS
from report import write_results
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from report import Table

RESULTS = BENCHMARKS / "results.md"
SUBJECTS: dict[str, Callable[[], Iterator[Table]]] = {
    "tap": tap_benchmark.tables,
    "mapping": mapping_benchmark.tables,
    "loaders": loader_benchmark.tables,
    "iterable": iterable_benchmark.tables,
    "dotdigital": dotdigital_benchmark.tables,
    "purchases": purchase_benchmark.tables,
}


def main() -> None:
    """Measure what the command line names, print a table of each and write them to the file of results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"any of {', '.join(SUBJECTS)}; all by default")
    chosen = parser.parse_args().subjects or list(SUBJECTS)
    if unknown := set(chosen) - set(SUBJECTS):
        parser.error(f"there is no subject {', '.join(sorted(unknown))}; choose from {', '.join(SUBJECTS)}")
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 140)
    for subject in chosen:
        tables = []
        for table in SUBJECTS[subject]():
            console.print(table.for_screen())
            console.print()
            tables.append(table)
        write_results(RESULTS, subject, tables, list(SUBJECTS))


if __name__ == "__main__":
    main()
