"""What the platform and the network may do to a run, and the run's answer to it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.testing import running_sandbox
from tap_commercetools.errors import AccessError, OrderError, TapError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapRun

ALL = {"customers": 60, "orders": 120, "products": 40}


def respond(status: int, body: object = None, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": "respond", "status": status, "headers": named, "body": body}


def error(status: int, code: str) -> dict[str, Any]:
    return respond(
        status, {"statusCode": status, "message": "made up", "errors": [{"code": code, "message": "made up"}]}
    )


@pytest.mark.parametrize(
    "action",
    [
        error(500, "General"),
        error(502, "BadGateway"),
        error(503, "OverCapacity"),
        error(504, "Timeout"),
        respond(503, "<html><body>down for maintenance</body></html>", Content_Type="text/html"),
        respond(200, "<html><body>a proxy's page</body></html>", Content_Type="text/html"),
        respond(200, {"unexpected": "shape"}),
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "truncate"},
    ],
    ids=lambda action: f"{action['kind']}-{action.get('status', '')}",
)
@pytest.mark.parametrize("path", ["/oauth/token", "/orders"])
def test_a_passing_fault_costs_nothing_but_time(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    action: dict[str, Any],
    path: str,
) -> None:
    sandbox.order_fault(action, service="commercetools", path=path, times=2)
    assert read(configure(page_size=50)).counts() == ALL


def test_a_wait_that_is_asked_for_is_kept(
    read: Callable[..., TapRun],
    configure: Callable[..., dict[str, Any]],
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.order_fault(respond(429, Retry_After="1"), service="commercetools", path="/orders")
    began = time.monotonic()
    assert read(configure()).counts() == ALL
    assert time.monotonic() - began >= 1
    assert re.search(r"answered 429 .*; try 1 of 4, next in 1\.[0-3] s", caplog.text)


def test_a_fault_that_stays_ends_the_run_after_the_agreed_number_of_tries(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.order_fault(error(503, "OverCapacity"), service="commercetools", path="/orders", times=None)
    before = len(sandbox.requests(service="commercetools", path="/orders"))
    with pytest.raises(UnavailableError, match=r"answered 503 OverCapacity .*, 4 times in a row: run again later"):
        read(configure())
    assert len(sandbox.requests(service="commercetools", path="/orders")) - before == 4


def test_a_refused_query_is_not_repeated(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.order_fault(error(400, "InvalidInput"), service="commercetools", path="/orders", times=None)
    before = len(sandbox.requests(service="commercetools", path="/orders"))
    with pytest.raises(TapError, match=r"stream orders: .* answered 400 InvalidInput"):
        read(configure())
    assert len(sandbox.requests(service="commercetools", path="/orders")) - before == 1


def test_a_timed_out_query_is_repeated_with_a_smaller_page(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    sandbox.order_fault(error(504, "QueryTimedOut"), service="commercetools", path="/orders")
    assert read(configure()).counts() == ALL
    asked = [entry["query"] for entry in sandbox.requests(service="commercetools", path="/orders")]
    assert "limit=250" in asked[-1]


def test_one_token_and_one_connection_serve_all_streams(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    before = len(sandbox.requests(service="commercetools", path="/oauth/token"))
    read(configure(page_size=20))
    assert len(sandbox.requests(service="commercetools", path="/oauth/token")) - before == 1


def test_no_scope_is_asked_for_unless_configured(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    read(configure())
    form = sandbox.requests(service="commercetools", path="/oauth/token")[-1]["body"]
    assert "scope" not in str(form)
    scopes = ["view_customers", "view_orders:sandbox-shop", "view_products"]
    assert read(configure(scopes=scopes)).counts() == ALL


def test_a_token_that_expires_in_the_middle_is_renewed(read: Callable[..., TapRun]) -> None:
    shop = CommercetoolsSettings(token_seconds=3600)
    with running_sandbox(customers=20, orders=20, products=5, commercetools=shop) as sandbox:
        url = sandbox.service_url("commercetools")
        config = {
            "project_key": "sandbox-shop",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            "api_url": url,
            "auth_url": url,
            "page_size": 3,
        }
        refused = respond(401, {"statusCode": 401, "message": "expired", "errors": [{"code": "invalid_token"}]})
        sandbox.order_fault(refused, service="commercetools", path="/orders", skip=2)
        assert read(config).counts() == {"customers": 20, "orders": 20, "products": 5}
        assert len(sandbox.requests(service="commercetools", path="/oauth/token")) == 2
        sandbox.order_fault(refused, service="commercetools", path="/orders", times=None)
        with pytest.raises(AccessError, match=r"answered 401 invalid_token.*api_url and auth_url belong together"):
            read(config)


def test_rows_in_the_wrong_order_stop_the_run(
    read: Callable[..., TapRun], configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    rows = [{"id": "b", "version": 1, "lastModifiedAt": f"2020-01-0{day}T00:00:00.000Z"} for day in (2, 1)]
    body = {"limit": 500, "offset": 0, "count": 2, "results": rows}
    sandbox.order_fault(respond(200, body), service="commercetools", path="/orders")
    with pytest.raises(OrderError):
        read(configure())
