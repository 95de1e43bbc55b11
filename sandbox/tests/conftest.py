"""What the tests of the sandbox share: running sandboxes that are stopped in the end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from commerce_sandbox.vendor_shapes import Shapes
from commerce_sandbox.vendor_specification_defects import mend_commercetools
from commerce_sandbox.vendor_specifications import COMMERCETOOLS, folder_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    """Return the sandbox of a module's tests, which may replace it by one with another shop."""
    with running_sandbox(customers=2, orders=2, products=2) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    """Return the module's sandbox as it was in the beginning."""
    running.control("POST", "/reset")
    return running


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Return a function that starts a sandbox (options of `running_sandbox`), stopped after the test."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> RunningSandbox:
            return stack.enter_context(running_sandbox(**options))

        yield start


@pytest.fixture(scope="session")
def shapes() -> Shapes:
    """Return the checker of what the emulated commercetools answers; skip where the vendor's file is not there."""
    specifications = folder_beside(__file__)
    if specifications is None:
        # The vendors' files have no open licence, so the project lacks them; who has them runs these.
        pytest.skip("the vendor's OpenAPI file is not beside this repository")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (specifications / COMMERCETOOLS).read_text(encoding="utf-8")
    document = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    mend_commercetools(document)
    return Shapes(document["components"]["schemas"])
