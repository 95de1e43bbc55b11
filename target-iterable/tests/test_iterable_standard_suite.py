"""The SDK's standard target suite: every stream becomes a catalog of its own, and arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from singer_sdk.testing import get_target_test_class

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from target_iterable.target import TargetIterable

SETTINGS: dict[str, Any] = {
    "api_key": "sandbox-iterable-key-0123456789abcd",
    "api_url": "filled in by the fixture",
    "streams": {"*": {"to": "catalog_items"}},
}

StandardSuite = get_target_test_class(TargetIterable, config=SETTINGS)


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        SETTINGS["api_url"] = sandbox.service_url("iterable")
        yield sandbox


@pytest.fixture(autouse=True)
def rejects_folder(tmp_path: Path) -> None:
    SETTINGS["rejects_path"] = str(tmp_path)


class TestTargetIterable(StandardSuite):  # type: ignore[misc,valid-type]  # the SDK makes the class at run time
    """The suite, against a sandbox of its own."""


def test_the_suites_records_arrived(sandbox: RunningSandbox) -> None:
    catalogs = sandbox.snapshot("iterable")["catalogs"]
    assert catalogs["TestCamelcase"] == {
        "1": {"Id": "1", "clientName": "Gitter Windows Desktop App"},
        "2": {"Id": "2", "clientName": "Gitter iOS App"},
    }
    assert len(catalogs["test-no-pk"]) == 3
    assert len(catalogs["test-duplicate-records"]) == 2
