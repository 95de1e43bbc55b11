"""One person stays one person, all the way from the shop to the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox


def profiles_of(sandbox: RunningSandbox, customer: str) -> list[dict[str, Any]]:
    users = sandbox.snapshot("iterable", "users")["users"]
    return [user for user in users if user["dataFields"].get("customerId") == customer]


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
def test_somebody_with_a_new_address_stays_one_profile(
    sandbox: RunningSandbox, tmp_path: Path, project_type: str
) -> None:
    sandbox.control("POST", "/iterable/settings", {"project_type": project_type})
    pipeline = Pipeline(
        sandbox,
        "target-iterable",
        tmp_path,
        streams=("customers", "orders"),
        mapping={"identity": {"project_type": project_type}},
        project_type=project_type,
    )
    first = pipeline.run()
    assert first.code == 0, first.log
    (changed,) = sandbox.control("POST", "/commercetools/changes", {"change_emails": 1})["change_emails"]
    (before,) = profiles_of(sandbox, changed)
    sandbox.advance_clock(2)
    second = pipeline.run(first.state)
    assert second.code == 0, second.log
    (after,) = profiles_of(sandbox, changed)
    shop = {one["id"]: one for one in sandbox.snapshot("commercetools", "customers")["customers"]}
    assert after["email"] == shop[changed]["email"].strip().lower()
    assert after["email"] != before["email"]
