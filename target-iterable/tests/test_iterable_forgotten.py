"""Nothing about people whom Iterable has forgotten leaves this loader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from iterable_project import profiles, settings
from iterable_records import purchase, purchases, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

WAYS: list[dict[str, Any]] = [
    {"email": " Gone@Shop.Example"},
    {"userId": "GONE-1"},
    {"userId": "c-1", "dataFields": {"email": "gone@shop.example", "city": "Bonn"}},
    {"email": "b@shop.example", "dataFields": {"userId": "gone-1"}},
]


@pytest.mark.parametrize("person", WAYS)
def test_no_request_mentions_a_forgotten_person(
    loader: LoaderProcess, sandbox: RunningSandbox, person: dict[str, Any]
) -> None:
    settings(sandbox, forgotten_emails=["gone@shop.example"], forgotten_user_ids=["gone-1"])
    lines = [*users(person, {"email": "here@shop.example"}), *purchases(purchase(1, user=person), purchase(2))]
    result = loader.run(lines)
    assert result.code == 0
    for stream in ("users", "purchases"):
        assert result.counts(stream) == (2, 1, 0, 1)
        assert "forgotten in Iterable" in next(iter(result.reasons(stream, "skipped")))
    sent = "".join(str(call["body"]) for call in sandbox.requests(service="iterable"))
    assert "here@shop.example" in sent
    assert "gone" not in sent.lower()
    assert result.rejects == []
    assert "gone" not in result.log.lower()


@pytest.mark.parametrize(
    ("project_type", "asked"),
    [("hybrid", ["forgotten", "forgottenUserIds"]), ("email", ["forgotten"]), ("userid", ["forgottenUserIds"])],
)
def test_the_lists_are_asked_for_once_and_only_those_the_project_has(
    loader: LoaderProcess, sandbox: RunningSandbox, project_type: str, asked: list[str]
) -> None:
    settings(sandbox, project_type=project_type, rate_limits=True)
    loader.settings["project_type"] = project_type
    person = {"userId": "c-1"} if project_type == "userid" else {"email": "a@shop.example"}
    result = loader.run([*users(person), *purchases(purchase(1, user=person))])
    assert result.code == 0
    calls = sandbox.requests(service="iterable", path="users/forgotten")
    assert [call["path"].rsplit("/", 1)[1] for call in calls] == asked
    assert {call["status"] for call in calls} == {200}
    assert "does not tell" not in result.log


def test_without_people_nothing_is_asked(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    assert loader.run(users()).code == 0
    assert sandbox.requests(service="iterable", path="users/") == []


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_list_that_is_refused_is_told_and_the_run_goes_on(
    loader: LoaderProcess, sandbox: RunningSandbox, status: int
) -> None:
    settings(sandbox, forgotten_emails=["gone@shop.example"])
    refused = {"kind": "respond", "status": status, "body": {"code": "Forbidden", "msg": "", "params": None}}
    sandbox.order_fault(refused, service="iterable", path="users/forgotten", times=None)
    result = loader.run(users({"email": "gone@shop.example"}, {"email": "a@shop.example"}))
    assert result.counts("users") == (2, 1, 0, 1), "Iterable itself refuses the person then"
    assert "does not tell whom it has forgotten (/api/users/forgotten)" in result.log
    assert [one["email"] for one in profiles(sandbox)] == ["a@shop.example"]
