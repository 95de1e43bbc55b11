from __future__ import annotations

import os
import re
from pathlib import Path

from singer_sdk.about import AboutFormatter
from tap_commercetools.streams import STREAMS
from tap_commercetools.tap import TapCommercetools

README = Path(__file__).parents[1] / "README.md"
MARKED = re.compile(r"(?<=<!-- settings:begin -->\n).*?(?=<!-- settings:end -->)", re.DOTALL)


def settings_table() -> str:
    """Return the table of settings that ``--about --format=markdown`` prints."""
    about = AboutFormatter.get_formatter("markdown").format_about(TapCommercetools._get_about_info())
    return "\n" + "\n".join(line for line in about.splitlines() if line.startswith("|")) + "\n\n"


def test_the_readme_lists_the_settings_as_the_tap_does() -> None:
    text = README.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_README") == "1":
        text = MARKED.sub(lambda _: settings_table(), text)
        README.write_text(text, encoding="utf-8")
    found = MARKED.search(text)
    assert found is not None
    assert found.group() == settings_table(), "run this test with UPDATE_README=1"


def test_the_readme_lists_the_streams_as_declared() -> None:
    rows = [
        f"| `{definition.name}` | `/{definition.path}` | "
        f"{', '.join(f'`{scope}`' for scope in definition.scopes)} | `id` | `{definition.replication_key}` |"
        for definition in STREAMS
    ]
    text = README.read_text(encoding="utf-8")
    assert "\n".join(rows) in text
    assert len(re.findall(r"^\| `\w+` \| `/", text, re.MULTILINE)) == len(STREAMS)
