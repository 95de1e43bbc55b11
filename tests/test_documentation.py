"""The documentation keeps its word: links lead somewhere, and settings shown are settings that work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from documented_commands import PROJECT
from mapper_commercetools.engine import create_record_mapper

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("*/README.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    broken = [target for target in LINK.findall(text) if "://" not in target and not leads_somewhere(page, target)]
    assert broken == []


def leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    place = (page.parent / name).resolve() if name else page
    return place.exists() and (not anchor or anchor in anchors(place))


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get: small letters, dashes for blanks, no other signs."""
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shown_settings() -> list[Any]:
    blocks = YAML.findall((PROJECT / "docs" / "features.md").read_text(encoding="utf-8"))
    return [yaml.safe_load(block) for block in blocks]


@pytest.mark.parametrize(
    "settings", [each for each in shown_settings() if "streams" not in each], ids=lambda each: next(iter(each))
)
def test_mapping_settings_that_are_shown_are_accepted(settings: dict[str, Any]) -> None:
    for destination in ("iterable", "dotdigital"):
        create_record_mapper(settings, destination)


def test_the_stream_maps_that_are_shown_are_those_of_the_project() -> None:
    (shown,) = YAML.findall((PROJECT / "docs" / "mapping.md").read_text(encoding="utf-8"))
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    iterable = next(entry for entry in project["plugins"]["loaders"] if entry["name"] == "target-iterable")
    assert yaml.safe_load(shown)["stream_maps"] == iterable["config"]["stream_maps"]
