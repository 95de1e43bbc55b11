"""What happens when the service or the network fails, and how errors read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from iterable_records import catalog_items, purchase, purchases, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

KEY = "sandbox-iterable-key-0123456789abcd"


def everything(count: int = 40) -> list[str]:
    people = [{"email": f"buyer{n}@shop.example", "dataFields": {"firstName": f"Ana {n}"}} for n in range(count)]
    items = [{"catalogName": "products", "itemId": f"i{n}", "value": {"name": f"Hat {n}"}} for n in range(count)]
    lines = [*users(*people), state_line({"at": "users"})]
    lines += [*purchases(*(purchase(n) for n in range(count))), state_line({"at": "purchases"})]
    return [*lines, *catalog_items(*items), state_line({"at": "catalog_items"})]


def content(sandbox: RunningSandbox) -> dict[str, Any]:
    """What the service holds, without when it came."""
    snapshot = dict(sandbox.snapshot("iterable"))
    snapshot.pop("received_at", None)
    return snapshot


@pytest.fixture
def undisturbed(loader: LoaderProcess, sandbox: RunningSandbox) -> dict[str, Any]:
    assert loader.run(everything()).code == 0
    kept = content(sandbox)
    sandbox.control("POST", "/reset?service=iterable")
    return kept


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a broken connection", {"kind": "drop"}),
    ("a connection that breaks after the service has acted", {"kind": "drop_after"}),
    ("an answer cut short", {"kind": "truncate"}),
    ("503 as HTML", {"kind": "respond", "status": 503, "body": "<html>busy</html>"}),
    ("500", {"kind": "respond", "status": 500, "body": {"code": "GenericError", "msg": "", "params": None}}),
    ("429 as text", {"kind": "respond", "status": 429, "body": "Too Many Requests"}),
    ("429 with a time", {"kind": "respond", "status": 429, "headers": {"Retry-After": "1"}, "body": "{}"}),
]


@pytest.mark.parametrize(("name", "action"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_passing_fault_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any], name: str, action: dict[str, Any]
) -> None:
    for path in ("/users/bulkUpdate", "/commerce/trackPurchase", "/catalogs/products/items"):
        sandbox.order_fault(action, service="iterable", path=path, times=2)
    result = loader.run(everything())
    assert result.code == 0, name
    assert result.states[-1] == {"at": "catalog_items"}
    assert content(sandbox) == undisturbed


def test_documented_limits_are_kept_without_a_refusal(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/iterable/settings", {"rate_limits": True})
    loader.settings["batch_size_rows"] = 10
    result = loader.run(users(*({"email": f"p{n}@shop.example"} for n in range(120))))
    assert result.counts("users") == (120, 120, 0, 0)
    assert [call for call in sandbox.requests(service="iterable") if call["status"] == 429] == []


def test_killed_half_way_and_run_again_ends_in_the_same_data(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any]
) -> None:
    delay = {"kind": "delay", "seconds": 0.1}
    sandbox.order_fault(delay, service="iterable", path="/commerce/trackPurchase", times=None)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in everything()))
    process.stdin.close()
    process.stdin = None
    for _ in range(3000):
        if sandbox.snapshot("iterable")["purchases"]:
            break
        time.sleep(0.02)
    process.kill()
    first = loader.finish(process)
    assert {"at": "purchases"} not in first.states
    assert 0 < len(sandbox.snapshot("iterable")["purchases"]) < 40
    sandbox.clear_faults()
    assert loader.run(everything()).code == 0
    assert content(sandbox) == undisturbed


def test_an_outage_fails_the_run_and_rejects_nothing(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    action = {"kind": "respond", "status": 401, "body": {"code": "Success", "msg": "", "params": None}}
    sandbox.order_fault(action, service="iterable", path="/users/bulkUpdate")
    result = loader.run(everything())
    assert result.code == 1
    assert result.states == []
    assert result.rejects == []
    assert "check the settings api_key" in result.errors[-1]


def test_an_echoed_key_never_reaches_log_or_disk(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    echo = f"Invalid JSON body: [users] headers Api-Key: {KEY}, body ana@shop.example"
    body = {"code": "BadJsonBody", "msg": echo, "params": {"obj.users[0].dataFields": "wrong"}}
    action = {"kind": "respond", "status": 400, "body": body}
    sandbox.order_fault(action, service="iterable", path="/users/bulkUpdate", times=1)
    result = loader.run(users({"email": "ana@shop.example"}, {"email": "bo@shop.example"}))
    assert result.counts("users") == (2, 1, 1, 0)
    assert list(result.reasons("users")) == ["Iterable cannot read 'dataFields': wrong type, or missing"]
    assert KEY not in result.log
    assert "ana@" not in result.log
    assert KEY not in str(result.rejects)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"api_key": "wrong"}, "Iterable refuses the key (401): check the settings api_key"),
        ({"api_key": None}, "api_key"),
        ({"data_center": "mars"}, "data_center"),
        ({"api_url": "http://127.0.0.1:9"}, "Iterable at http://127.0.0.1:9 does not answer as it should"),
        ({"project_type": "both"}, "project_type"),
        ({"apikey": "x"}, "unknown settings are not allowed: 'apikey'"),
        ({"mapper": {"name": "commercetools", "config": {"nonsense": 1}}}, "nonsense"),
    ],
)
def test_wrong_settings_are_one_line_and_a_failure(loader: LoaderProcess, change: dict[str, Any], said: str) -> None:
    loader.settings |= change
    result = loader.run(users())
    assert result.code == 1
    assert len(result.errors) == 1
    assert said in result.errors[0]
    assert "Traceback" not in result.log
    assert KEY not in result.log


def test_a_stream_nobody_knows_is_one_line_that_says_what_to_do(loader: LoaderProcess) -> None:
    result = loader.run([schema_line("weather", {"id": {"type": "string"}}), record_line("weather", {"id": "1"})])
    assert result.code == 1
    assert "the stream 'weather' is none of this loader's (users, purchases, " in result.errors[0]


def test_a_binding_to_nothing_is_named(loader: LoaderProcess) -> None:
    loader.settings["streams"] = {"weather": "clouds"}
    result = loader.run([schema_line("weather", {"id": {"type": "string"}})])
    assert "setting streams: the stream 'weather' is bound to 'clouds'" in result.errors[0]


def test_check_tells_whether_the_key_works(loader: LoaderProcess) -> None:
    assert loader.run([], "--check").output == "target-iterable: the credentials work\n"
