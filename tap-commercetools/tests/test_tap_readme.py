from __future__ import annotations

import re
from pathlib import Path

from tap_commercetools.streams import STREAMS

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_lists_the_streams_as_declared() -> None:
    rows = [
        f"| `{definition.name}` | `/{definition.path}` | "
        f"{', '.join(f'`{scope}`' for scope in definition.scopes)} | `id` | `{definition.replication_key}` |"
        for definition in STREAMS
    ]
    text = README.read_text(encoding="utf-8")
    assert "\n".join(rows) in text
    assert len(re.findall(r"^\| `\w+` \| `/", text, re.MULTILINE)) == len(STREAMS)
