"""Settings are told once, by the commands; READMEs and meltano.yml repeat them without a difference."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from documented_commands import PLUGINS, PROJECT, Plugin

MARKED = re.compile(r"(?<=<!-- settings:begin -->\n).*?(?=<!-- settings:end -->)", re.DOTALL)
SDK_SETTINGS = ("faker_config", "flattening_")
WITH_SETTINGS = [plugin for plugin in PLUGINS if plugin.kind != "mappers"]


@pytest.fixture(scope="module")
def meltano_project() -> dict[str, Any]:
    project: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    return project


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_the_readme_shows_the_settings_the_command_has(plugin: Plugin) -> None:
    table = "\n".join(line for line in plugin.about("markdown").splitlines() if line.startswith("|"))
    wanted = f"\n{table}\n\n"
    text = plugin.readme.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_README"):
        text = MARKED.sub(lambda _: wanted, text)
        plugin.readme.write_text(text, encoding="utf-8")
    (found,) = MARKED.findall(text)
    assert found == wanted, "run this test with UPDATE_README=1 to rewrite the table"


@pytest.mark.parametrize("plugin", WITH_SETTINGS, ids=lambda plugin: plugin.name)
def test_every_setting_can_be_set_from_the_environment(plugin: Plugin, meltano_project: dict[str, Any]) -> None:
    declared = {entry["name"]: entry for entry in declaration(meltano_project, plugin)["settings"]}
    settings = {name: schema for name, schema in plugin.settings().items() if not name.startswith(SDK_SETTINGS)}
    assert declared.keys() == settings.keys()
    secret = {name for name, schema in settings.items() if schema.get("writeOnly")}
    assert {name for name, entry in declared.items() if entry.get("sensitive")} == secret


@pytest.mark.parametrize("plugin", WITH_SETTINGS, ids=lambda plugin: plugin.name)
def test_meltano_knows_what_the_plugin_can_do(plugin: Plugin, meltano_project: dict[str, Any]) -> None:
    offered = set(json.loads(plugin.about("json"))["capabilities"])
    assert set(declaration(meltano_project, plugin)["capabilities"]) == offered - {"test"}


def test_the_project_file_fits_meltanos_own_schema(meltano_project: dict[str, Any]) -> None:
    package = importlib.util.find_spec("meltano")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0]) / "schemas" / "meltano.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(path.read_text()))
    assert [error.message for error in validator.iter_errors(meltano_project)] == []


def test_there_is_a_job_and_a_schedule_for_each_destination(meltano_project: dict[str, Any]) -> None:
    jobs = {job["name"]: job["tasks"] for job in meltano_project["jobs"]}
    scheduled = {schedule["job"] for schedule in meltano_project["schedules"]}
    assert jobs["commercetools-to-iterable"] == ["tap-commercetools target-iterable"]
    assert jobs["commercetools-to-dotdigital"] == ["tap-commercetools target-dotdigital"]
    assert scheduled == {"commercetools-to-iterable", "commercetools-to-dotdigital"}


def test_the_example_environment_names_settings_that_exist() -> None:
    names = re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    known = {
        f"{plugin.name}_{setting}".replace("-", "_").upper()
        for plugin in WITH_SETTINGS
        for setting in plugin.settings()
    }
    assert set(names) <= known


def declaration(meltano_project: dict[str, Any], plugin: Plugin) -> dict[str, Any]:
    found: dict[str, Any] = next(
        entry for entry in meltano_project["plugins"][plugin.kind] if entry["name"] == plugin.name
    )
    return found
