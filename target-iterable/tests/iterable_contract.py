"""Every request of a run against the vendor's own description of its API, where that is beside the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commerce_sandbox.vendor_specifications import ITERABLE, folder_beside, operation
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

SPECIFICATIONS = folder_beside(__file__)
# The vendor's file has no open licence, so the project lacks it; who has it runs these.
needs_contract = pytest.mark.skipif(
    SPECIFICATIONS is None, reason="the vendor's description is not beside the repository"
)


def contract_faults(sandbox: RunningSandbox, method: str, path: str) -> tuple[int, list[str]]:
    """Return how many requests with a body went to an endpoint, and what the contract finds wrong in them.

    Args:
        sandbox: The sandbox with its journal, which keeps bodies up to 64 KB.
        method: HTTP method.
        path: Regular expression for the path.
    """
    assert SPECIFICATIONS is not None
    checked, faults = 0, []
    for request in sandbox.requests(service="iterable", method=method, path=path):
        described = operation(SPECIFICATIONS, (ITERABLE,), method, request["path"])
        assert described is not None
        assert described.body is not None
        assert isinstance(request["body"], dict), "the journal did not keep the body"
        checked += 1
        found = Draft202012Validator(described.body).iter_errors(request["body"])
        faults += [f"{fault.json_path}: {fault.message}" for fault in found]
    return checked, faults
