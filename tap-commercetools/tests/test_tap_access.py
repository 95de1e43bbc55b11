from __future__ import annotations

from dataclasses import replace

import pytest
from tap_commercetools.access import explain_refusal, require_access
from tap_commercetools.errors import AccessError, RequestRefusedError, TapError
from tap_commercetools.scopes import GrantedScopes
from tap_commercetools.settings import Settings
from tap_commercetools.streams import SUMMARY_STREAM, stream_definitions

SETTINGS = Settings.from_config(
    {
        "project_key": "shop",
        "client_id": "id",
        "client_secret": "secret",
        "region": "eu-central-1.aws",
        "max_parallel_requests": 4,
        "page_size": 500,
        "settle_seconds": 60,
        "overlap_seconds": 300,
        "max_left_out": 0,
    }
)
BY_NAME = {definition.name: definition for definition in stream_definitions({})}
ORDERS = BY_NAME["orders"]
TRADE = [BY_NAME["customers"], ORDERS, BY_NAME["products"]]


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        ("view_orders:shop", True),
        ("manage_orders:shop view_customers:shop", True),
        ("manage_project:shop", True),
        ("view_orders:other", False),
        ("view_orders:shop:de-web", False),
        ("view_order_edits:shop", False),
        ("", False),
    ],
)
def test_a_scope_covers_what_the_platform_says_it_does(granted: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert GrantedScopes.parse(granted).allow("shop", ("view_orders",)) is allowed


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        ("view_orders:shop", True),
        ("view_orders:shop:de-web view_orders:shop:at-web", True),
        ("manage_orders:shop:de-web view_orders:shop:at-web", True),
        ("view_orders:shop:de-web", False),
        ("view_orders:other:de-web view_orders:other:at-web", False),
    ],
)
def test_a_stores_own_scope_is_enough_for_reading_that_store(granted: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    scopes = GrantedScopes.parse(granted)
    assert scopes.allow("shop", ("view_orders",), ("de-web", "at-web")) is allowed


def test_stores_matter_only_to_streams_that_stores_have_of_their_own() -> None:
    settings = replace(SETTINGS, stores=("de-web",))
    granted = GrantedScopes.parse("view_orders:shop:de-web view_products:shop:de-web")
    require_access([ORDERS], granted, settings)
    with pytest.raises(AccessError, match="products needs view_products or view_published_products"):
        require_access([BY_NAME["products"]], granted, settings)


def test_a_stream_that_reads_several_collections_needs_a_scope_for_each() -> None:
    needed = r"summaries needs view_payments and view_customers and \(view_products or view_published_products\)"
    with pytest.raises(AccessError, match=needed):
        require_access([SUMMARY_STREAM], GrantedScopes.parse("view_orders:shop"), SETTINGS)


def test_all_missing_scopes_are_named_at_once() -> None:
    with pytest.raises(AccessError, match="orders needs view_orders; products needs view_products or view_published"):
        require_access(TRADE, GrantedScopes.parse("view_customers:shop"), SETTINGS)


def test_the_wrong_project_is_told_from_a_missing_scope() -> None:
    with pytest.raises(AccessError, match="project_key names another project than the API client's, which is other"):
        require_access(TRADE, GrantedScopes.parse("view_customers:other"), SETTINGS)


@pytest.mark.parametrize("told", ["x" * 37, "ada@shop.example", "491701234567", SETTINGS.client_secret, "a b"])
def test_what_is_no_key_of_a_project_is_not_shown(told: str) -> None:
    granted = GrantedScopes(frozenset({f"view_customers:{told}"}))
    with pytest.raises(AccessError, match="another project than the API client's: correct project_key"):
        require_access(TRADE, granted, SETTINGS)


def test_unknown_scopes_are_not_held_against_anyone() -> None:
    require_access(TRADE, None, SETTINGS)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AccessError, "api_url and auth_url belong together"),
        (403, AccessError, "the scope view_orders"),
        (404, AccessError, "project_key"),
        (400, TapError, "query itself is refused"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, kind: type[TapError], words: str) -> None:
    refusal = RequestRefusedError(f"host answered {status}", status=status, code="Code")
    error = explain_refusal(refusal, ORDERS)
    assert type(error) is kind
    assert str(error).startswith(f"stream orders: host answered {status}")
    assert words in str(error)
