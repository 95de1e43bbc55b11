from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(seed=11, customers=60, orders=120, products=30) as sandbox:
        sandbox.control("POST", "/iterable/settings", {"rate_limits": False})
        yield sandbox


@pytest.fixture(params=["target-iterable", "target-dotdigital"])
def pipeline(request: pytest.FixtureRequest, sandbox: RunningSandbox, tmp_path: Path) -> Pipeline:
    return Pipeline(sandbox, request.param, tmp_path)
