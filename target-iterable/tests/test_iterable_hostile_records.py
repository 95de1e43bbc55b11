"""Whatever a record holds: it is sent or it has a reason, and no reason shows what it holds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from delivery.outcome import Outcome, OutcomeKind
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from iterable_project import KEY
from target_iterable.identifiers import usable_identifiers
from target_iterable.target import STREAMS, TargetIterable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from delivery.sink import Sink

SECRET = "geheim"
HUGE = 10**400
NAMES = [
    *("email", "userId", "dataFields", "consentFields", "mergeNestedObjects", "preferUserId", "newsletter"),
    *("user", "items", "total", "id", "createdAt", "name", "price", "quantity", "campaignId", "cartId", "cartVersion"),
    *("action", "list", "subscriptionGroup", "subscriptionGroupId", "resubscribe", "consentedAt"),
    *("catalogName", "itemId", "value", "eventName"),
]

single_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        [SECRET, "ana@shop.example", "c-1", "", HUGE, -HUGE, Decimal("1e400"), "add", "unsubscribe", "messageChannel"]
    )
    | st.sampled_from([101, "Marketing Email", "delete", "products", "VIP", "remove", "emailList", "\ufffd", "x" * 60])
)
values = st.recursive(
    single_values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.sampled_from(["", ".", SECRET]), inner, max_size=5)
    ),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
person = st.fixed_dictionaries(
    {"email": st.just("ana@shop.example")}, optional={"dataFields": values, "userId": values}
)
item = st.fixed_dictionaries(
    {"id": st.just("sku"), "name": st.just("Hat"), "price": single_values, "quantity": single_values},
    optional={"dataFields": values},
)
NEARLY_RIGHT: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "users": st.builds(lambda one, more: {**one, **more}, person, st.fixed_dictionaries({"consentFields": values})),
    "purchases": st.fixed_dictionaries({"user": person, "items": st.lists(item, max_size=2), "total": single_values}),
    "carts": st.fixed_dictionaries(
        {"user": person, "items": st.lists(item, max_size=2)}, optional={"cartId": values, "cartVersion": values}
    ),
    "events": st.fixed_dictionaries({"userId": values, "eventName": st.just("seen"), "dataFields": values}),
    "catalog_items": st.fixed_dictionaries(
        {"catalogName": st.just("products"), "itemId": st.just("i-1"), "value": values}
    ),
    "subscriptions": st.builds(
        lambda one, more: {**one, **more},
        person,
        st.fixed_dictionaries(
            {
                "subscriptionGroup": st.just("messageChannel"),
                "subscriptionGroupId": st.just(101) | st.booleans() | st.decimals(),
                "action": st.sampled_from(["subscribe", "unsubscribe"]),
                "consentedAt": values,
            }
        ),
    ),
    "list_memberships": st.builds(lambda one: {**one, "list": "VIP", "action": "remove"}, person),
    "deleted_users": st.builds(lambda one, action: {**one, "action": action}, person, values),
}


@pytest.fixture(scope="module")
def sinks(sandbox_process: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sink]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    sandbox_process.control("POST", "/reset?service=iterable")
    config = {
        "api_key": KEY,
        "api_url": sandbox_process.service_url("iterable"),
        "rejects_path": str(folder / "rejects"),
        "streams": {"weather": {"to": "catalog_items", "catalog": "weather"}},
    }
    target = TargetIterable(config=config, validate_config=True)
    target.ensure_connected()
    made = {stream: target.make_sink(stream) for stream in STREAMS if stream != "weather"}
    made["weather"] = target.make_sink("weather")
    return made


def go_through(sink: Sink, record: dict[str, Any]) -> None:
    """Do with a record what is done before it is sent."""
    prepared = sink.prepare(record)
    if isinstance(prepared, Outcome):
        if prepared.kind is OutcomeKind.REJECTED:
            assert prepared.reason
            assert "ana@" not in prepared.reason
            assert str(HUGE) not in prepared.reason
    else:
        sink.element(prepared)
        sink.identify(prepared)
        sink.merge(prepared, prepared)
    smaller = sink.opt_out(record)
    if smaller is not None:
        assert sink.opt_out(smaller) == smaller


def hostile(strategy: st.SearchStrategy[dict[str, Any]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Take examples of a strategy."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        decorated: Callable[..., None] = hypothesis_settings(
            suppress_health_check=list(HealthCheck), deadline=None, max_examples=60
        )(given(record=strategy)(test))
        return decorated

    return decorate


@pytest.mark.parametrize("stream", [*STREAMS, "weather"])
@example(record={"userId": "c-1", "dataFields": {"email": 5}})
@example(record={"userId": "c-1", "dataFields": {"userId": ["c-1"]}})
@example(record={"user": {"userId": "c-1", "dataFields": {"email": {"a": 1}}}, "items": [], "total": 1})
@example(record={"userId": "c-1", "dataFields": {"points": HUGE}})
@hostile(records)
def test_any_record_is_sent_or_has_a_reason(sinks: dict[str, Sink], stream: str, record: dict[str, Any]) -> None:
    go_through(sinks[stream], record)


@pytest.mark.parametrize("stream", NEARLY_RIGHT)
@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(data=st.data())
def test_a_record_that_is_nearly_right_is_sent_or_has_a_reason(
    sinks: dict[str, Sink], stream: str, data: st.DataObject
) -> None:
    go_through(sinks[stream], data.draw(NEARLY_RIGHT[stream]))


@given(record=st.dictionaries(st.sampled_from(["email", "userId", "dataFields"]), values))
def test_what_identifies_somebody_is_found_in_any_record(record: dict[str, Any]) -> None:
    assert usable_identifiers(record).keys() <= {"email", "userId"}


@pytest.mark.parametrize("piece", ["b.", "@", "a", " ", ".", "a@b.", "\t"])
@pytest.mark.parametrize("head", ["", "a@", "a@b"])
def test_an_address_without_end_is_refused_at_once(head: str, piece: str) -> None:
    text = head + piece * 200_000
    assert usable_identifiers({"email": text, "userId": text}) == {}
