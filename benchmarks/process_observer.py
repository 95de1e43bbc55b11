"""Runs a command and writes what it took as the last line of standard error.

The system counts the size of the process that starts a command as the command's own, up to the moment it begins. So it
is started from here: from as small a process as Python can be, with nothing imported that is not needed.
"""

from __future__ import annotations

import os
import sys
import time

_UNITS_PER_MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024
"""The system tells the size in kilobytes, only macOS in bytes."""


def observe(command: list[str]) -> None:
    """Run a command to its end and write what it took."""
    began = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - began
    found = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": usage.ru_maxrss / _UNITS_PER_MEGABYTE,
    }
    written = ", ".join(f'"{name}": {value}' for name, value in found.items())
    sys.stderr.write(f"\n{{{written}}}\n")


if __name__ == "__main__":
    observe(sys.argv[1:])
