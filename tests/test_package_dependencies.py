"""Each package declares whatever it imports itself: what another dependency happens to bring may go with it."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest
from documented_commands import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = sorted(file.parent for file in PROJECT.glob("*/*/__init__.py"))


def modules_by_distribution() -> dict[str, set[str]]:
    """Return the distributions that bring each top-level module.

    The standard library's own answer (``packages_distributions``) misses most of them on Python 3.10.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for installed in distributions():
        for file in installed.files or ():
            if file.suffix == ".py" and ".." not in file.parts:
                found[file.parts[0].removesuffix(".py")].add(installed.name)
    return found


PROVIDERS = modules_by_distribution()


def project_text(folder: Path) -> str:
    return (folder / "pyproject.toml").read_text(encoding="utf-8")


def distribution(package: Path) -> str:
    """Return the name under which a package of this workspace is published."""
    name = re.search(r'^name = "([^"]+)"$', project_text(package.parent), re.MULTILINE)
    assert name is not None
    return name[1]


def declared(package: Path) -> set[str]:
    listed = re.search(r"^dependencies = \[(.*?)^\]$", project_text(package.parent), re.MULTILINE | re.DOTALL)
    assert listed is not None
    return set(re.findall(r'^ *"([A-Za-z0-9_.-]+)', listed[1], re.MULTILINE))


def imported(package: Path) -> set[str]:
    """Return the top-level modules that a package imports, also only for types."""
    names: set[str] = set()
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {package.name}


def providers(module: str) -> set[str]:
    """Return the distributions that bring a module, spelt as dependencies are."""
    # An editable installation does not list its modules, so this workspace's own packages are told from its folders.
    own = {distribution(package) for package in PACKAGES if package.name == module}
    return own | {re.sub(r"[-_.]+", "-", name).lower() for name in PROVIDERS.get(module, ())}


def test_every_package_of_the_workspace_is_looked_at() -> None:
    listed = re.search(r"^members = \[(.*)\]$", project_text(PROJECT), re.MULTILINE)
    assert listed is not None
    assert sorted(re.findall(r'"([^"]+)"', listed[1])) == [package.parent.name for package in PACKAGES]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_declares_what_it_imports(package: Path) -> None:
    modules = imported(package)
    assert modules, "nothing was read"
    missing = {module for module in modules if not providers(module) & declared(package)}
    assert not missing, f"add what brings {sorted(missing)} to the dependencies in {package.parent.name}/pyproject.toml"
