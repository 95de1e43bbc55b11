"""Carts on profiles: each version of a cart arrives once, whatever happens on the way."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import state_line
from hypothesis import given
from hypothesis import strategies as st
from iterable_contract import contract_faults, needs_contract
from iterable_project import ask, profiles, settings
from iterable_records import cart, carts, purchase, purchases, users
from iterable_runs import PASSING_FAULTS, content, fault_name, undisturbed_content
from target_iterable.cart_versions import CartVersion, mark_items, version_of_items, was_stored

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

UPDATE = "/commerce/updateCart"
SENT_BEFORE = "this version of the cart, or a newer one, was there already"
EMPTY_BEFORE = "the cart is empty, and so was that of the profile already"
OTHER_CART = "the cart is empty, and the profile has another one, which stays"
FAST_CLOCK = [sys.executable, str(Path(__file__).with_name("fast_clock.py"))]


def on_profile(sandbox: RunningSandbox, user_id: str = "c-1") -> tuple[str, int] | None:
    """Return which version of which cart a profile holds; None for an empty cart."""
    (profile,) = [profile for profile in profiles(sandbox) if profile["userId"] == user_id]
    held = {(item["dataFields"]["cartId"], item["dataFields"]["cartVersion"]) for item in profile["shoppingCartItems"]}
    assert len(held) <= 1
    return held.pop() if held else None


def told(sandbox: RunningSandbox, user_id: str = "c-1") -> list[tuple[str, int]]:
    """Return the versions of carts of which an `updateCart` event is stored."""
    events = [event for event in sandbox.snapshot("iterable")["events"] if event["userId"] == user_id]
    first = [event["dataFields"]["updatedShoppingCartItems"][0]["dataFields"] for event in events]
    return sorted((fields["cartId"], fields["cartVersion"]) for fields in first)


def updates(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="iterable", path=UPDATE))


def test_a_cart_arrives_with_its_version_in_each_item_and_nowhere_else(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    items = [
        {"id": "hat", "name": "Wool hat", "price": 19.95, "quantity": 2, "dataFields": {"colour": "red"}},
        {"id": "scarf", "name": "Scarf", "price": 20, "quantity": 1, "categories": ["winter"]},
    ]
    result = loader.run([*carts(cart(1, 4, items=items, createdAt=1772442900)), state_line({"at": 1})])
    assert result.code == 0
    assert result.counts("carts") == (1, 1, 0, 0)
    assert result.states[-1] == {"at": 1}
    marks = {"cartId": "cart-1", "cartVersion": 4}
    wanted = [
        {**items[0], "dataFields": {"colour": "red", **marks}},
        {**items[1], "price": 20.0, "dataFields": marks},
    ]
    (profile,) = profiles(sandbox)
    assert profile["shoppingCartItems"] == wanted
    (event,) = sandbox.snapshot("iterable")["events"]
    assert (event["eventName"], event["createdAt"]) == ("updateCart", "2026-03-02T09:15:00.000Z")
    (call,) = sandbox.requests(service="iterable", path=UPDATE)
    assert call["body"].keys() == {"user", "items", "createdAt"}


def test_the_same_input_again_sends_nothing(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    lines = carts(*(cart(number) for number in range(20)))
    assert loader.run(lines).counts("carts") == (20, 20, 0, 0)
    before = content(sandbox)
    again = loader.run(lines)
    assert again.code == 0
    assert again.counts("carts") == (20, 0, 0, 20)
    assert again.reasons("carts", "skipped") == {SENT_BEFORE: 20}
    assert content(sandbox) == before
    assert updates(sandbox) == 20


def test_a_newer_version_replaces_an_older_one_and_never_the_other_way(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    for version, outcome in ((2, (1, 1, 0, 0)), (10, (1, 1, 0, 0)), (9, (1, 0, 0, 1))):
        assert loader.run(carts(cart(1, version))).counts("carts") == outcome
    assert on_profile(sandbox) == ("cart-1", 10)
    assert told(sandbox) == [("cart-1", 2), ("cart-1", 10)]


def test_of_several_versions_in_a_run_the_newest_alone_is_sent(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run(carts(cart(1, 1), cart(2, 1), cart(1, 3), cart(1, 2)))
    assert result.counts("carts") == (4, 4, 0, 0)
    assert told(sandbox) == [("cart-1", 3)]
    assert on_profile(sandbox) == ("cart-1", 3)
    assert updates(sandbox) == 2


def test_two_carts_of_a_person_keep_their_order_and_are_not_sent_again(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    lines = carts(cart(1, 1, cartId="a"), cart(1, 1, cartId="b"))
    assert loader.run(lines).counts("carts") == (2, 2, 0, 0)
    assert loader.run(lines).counts("carts") == (2, 0, 0, 2)
    assert on_profile(sandbox) == ("b", 1)
    assert told(sandbox) == [("a", 1), ("b", 1)]


def test_carts_come_after_the_purchases_that_empty_them(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    lines = [*carts(cart(1)), *purchases(*(purchase(n, user={"userId": "c-1"}) for n in range(3)))]
    assert loader.run(lines).code == 0
    assert on_profile(sandbox) == ("cart-1", 1)


def test_a_version_from_before_a_purchase_does_not_come_back(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(carts(cart(1, 3)))
    loader.run(purchases(purchase(1, user={"userId": "c-1"})))
    assert on_profile(sandbox) is None
    again = loader.run(carts(cart(1, 3)))
    assert again.reasons("carts", "skipped") == {SENT_BEFORE: 1}
    assert on_profile(sandbox) is None
    assert loader.run(carts(cart(1, 4))).counts("carts") == (1, 1, 0, 0)
    assert on_profile(sandbox) == ("cart-1", 4)


def test_an_empty_cart_empties_its_own_and_no_other(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.run(carts(cart(1, 1), cart(2, 1), cart(3, 1, cartId="other")))
    ask(sandbox, "POST", "commerce/updateCart", {"user": {"userId": "c-4"}, "items": cart(4)["items"]})
    empty = carts(*(cart(number, 2, items=[]) for number in (1, 3, 4, 5)))
    result = loader.run(empty)
    assert result.counts("carts") == (4, 2, 0, 2)
    assert result.reasons("carts", "skipped") == {OTHER_CART: 1, EMPTY_BEFORE: 1}
    held = {profile["userId"]: len(profile["shoppingCartItems"]) for profile in profiles(sandbox)}
    assert held == {"c-1": 0, "c-2": 1, "c-3": 1, "c-4": 0}, "and nobody was made for an empty cart"
    before = content(sandbox)
    again = loader.run(empty)
    assert again.reasons("carts", "skipped") == {OTHER_CART: 1, EMPTY_BEFORE: 3}
    assert content(sandbox) == before


def test_a_cart_without_a_version_is_sent_each_time(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    for _ in range(2):
        assert loader.run(carts(cart(1, None), cart(2, None, cartId=None))).counts("carts") == (2, 2, 0, 0)
    assert updates(sandbox) == 4
    assert sandbox.requests(service="iterable", path="/users/by") == []


BAD_CARTS: list[tuple[dict[str, Any], str]] = [
    ({"cartVersion": None}, "cartId and cartVersion must come together, or neither"),
    ({"cartId": None}, "cartId and cartVersion must come together, or neither"),
    ({"cartId": ""}, "field cartId: breaks the rule 'minLength' of the schema"),
    ({"cartVersion": "1"}, "field cartVersion: must be null or integer"),
    ({"createdAt": 1772442900123}, "createdAt is in milliseconds; Iterable takes seconds"),
    ({"items": None}, "field items: must be array"),
    ({"items": [{"id": "1", "name": "x", "price": "1", "quantity": 1}]}, "field items.0.price: must be number"),
    ({"user": {}}, "user: email and userId are both missing"),
    ({"user": {"email": "nobody"}}, "user: email is not an e-mail address"),
    (
        {"user": {"userId": "c-9", "dataFields": {"unsubscribedChannelIds": []}}},
        "user.dataFields hold fields that Iterable keeps itself: unsubscribedChannelIds",
    ),
    ({"total": 3}, "the record: has a member that is not allowed: 'total'"),
]


def test_a_bad_cart_is_rejected_alone_with_its_reason(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    bad = [cart(number + 10, **change) for number, (change, _) in enumerate(BAD_CARTS)]
    result = loader.run(carts(cart(1), *bad, cart(2)))
    assert result.code == 1
    assert result.counts("carts") == (len(bad) + 2, 2, len(bad), 0)
    kept = [line for line in result.rejects if line["type"] == "RECORD"]
    assert [line["rejected"]["reason"] for line in kept] == [reason for _, reason in BAD_CARTS]
    assert {profile["userId"] for profile in profiles(sandbox)} == {"c-1", "c-2"}


def test_what_the_service_refuses_is_rejected_alone(loader: LoaderProcess) -> None:
    item = cart(1)["items"][0]
    typed = [{**item, "dataFields": {"size": size}} for size in (38, "large")]
    loader.settings |= {"max_rejects": 1, "batch_size_rows": 1}
    loader.run(carts(cart(1, items=[typed[0]])))
    result = loader.run(carts(cart(2, items=[typed[1]]), cart(3)))
    assert result.counts("carts") == (2, 1, 1, 0)
    assert list(result.reasons("carts")) == ["fields of another type in the project: size"]


def test_forgotten_people_are_skipped(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, forgotten_user_ids=["c-1"])
    result = loader.run(carts(cart(1), cart(2)))
    assert result.counts("carts") == (2, 1, 0, 1)
    assert result.rejects == []
    assert "c-1" not in str(sandbox.requests(service="iterable"))


@pytest.mark.parametrize("project_type", ["hybrid", "userid", "email"])
def test_the_profile_is_found_by_what_the_project_goes_by(
    loader: LoaderProcess, sandbox: RunningSandbox, project_type: str
) -> None:
    settings(sandbox, project_type=project_type)
    loader.settings["project_type"] = project_type
    owner = {"email": "A+na/b@Shop.example", "userId": "c/1 ?"}
    lines = carts(cart(1, 1, user=owner), cart(1, 1, user=owner, cartId="b"))
    assert loader.run(lines).counts("carts") == (2, 2, 0, 0)
    again = loader.run(lines)
    assert again.counts("carts") == (2, 0, 0, 2)
    assert updates(sandbox) == 2
    assert "Shop.example" not in again.log


def test_reading_is_not_in_the_way_of_a_service_that_shows_other_things(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(users({"userId": "c-1"}))
    for body in ({"events": [7, {"eventName": "updateCart"}]}, {"events": None}, {}):
        action = {"kind": "respond", "status": 200, "body": body}
        sandbox.order_fault(action, service="iterable", path="/events/byUserId", times=1)
    for version in (1, 2, 3):
        loader.run(purchases(purchase(1, user={"userId": "c-1"})))
        assert loader.run(carts(cart(1, version))).counts("carts") == (1, 1, 0, 0)


def everything(count: int = 40) -> list[str]:
    people = users(*({"userId": f"c-{number}"} for number in range(count)))
    bought = purchases(*(purchase(number, user={"userId": f"b-{number}"}) for number in range(10)))
    updated = carts(*(cart(number, 1 + number % 3) for number in range(count)), cart(0, 9), cart(1, 9, items=[]))
    return [*people, *bought, state_line({"at": "purchases"}), *updated, state_line({"at": "carts"})]


@pytest.fixture(scope="module")
def undisturbed(sandbox_process: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    kept = undisturbed_content(sandbox_process, tmp_path_factory.mktemp("undisturbed"), everything())
    assert len(kept["events"]) == 39
    return kept


@pytest.mark.parametrize("action", PASSING_FAULTS, ids=fault_name)
def test_a_passing_fault_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any], action: dict[str, Any]
) -> None:
    loader.command = FAST_CLOCK
    for path in (UPDATE, "/users/byUserId", "/events/byUserId"):
        sandbox.order_fault(action, service="iterable", path=path, times=3)
    result = loader.run(everything())
    assert result.code == 0
    assert result.states[-1] == {"at": "carts"}
    assert result.counts("carts") == (42, 40, 0, 2), "two versions that became one, and that one empty"
    assert content(sandbox) == undisturbed


def test_an_answer_that_is_lost_after_the_service_has_acted_sends_the_cart_once(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(carts(cart(1, 1)))
    sandbox.order_fault({"kind": "drop_after"}, service="iterable", path=UPDATE, times=2)
    result = loader.run(carts(cart(1, 2), cart(2, 1)))
    assert result.counts("carts") == (2, 2, 0, 0)
    assert updates(sandbox) == 3
    assert told(sandbox) == [("cart-1", 1), ("cart-1", 2)]
    assert "looking in" in result.log
    assert "c-1" not in result.log


def test_a_service_that_goes_on_failing_ends_the_run_and_rejects_nothing(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.command = FAST_CLOCK
    action = {"kind": "respond", "status": 502, "body": "<html>bad gateway</html>"}
    sandbox.order_fault(action, service="iterable", path=UPDATE, times=None)
    result = loader.run([*carts(cart(1)), state_line({"at": "carts"})])
    assert result.code == 1
    assert (result.states, result.rejects) == ([], [])
    assert "POST /api/commerce/updateCart: HTTP 502" in result.errors[-1]
    assert updates(sandbox) == 7
    sandbox.clear_faults()
    assert loader.run(carts(cart(1))).code == 0
    assert told(sandbox) == [("cart-1", 1)]


def test_killed_in_the_middle_and_run_again_sends_each_version_once(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any]
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 0.1}, service="iterable", path=UPDATE, times=None)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in everything()))
    process.stdin.close()
    process.stdin = None
    for _ in range(3000):
        if len(sandbox.snapshot("iterable")["events"]) > 5:
            break
        time.sleep(0.01)
    process.kill()
    first = loader.finish(process)
    assert {"at": "carts"} not in first.states
    assert 0 < len(sandbox.snapshot("iterable")["events"]) < 39
    sandbox.clear_faults()
    assert loader.run(everything()).code == 0
    assert content(sandbox) == undisturbed


def test_a_dry_run_sends_nothing(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["dry_run"] = True
    assert loader.run(carts(cart(1))).counts("carts") == (1, 0, 0, 1)
    assert updates(sandbox) == 0


@needs_contract
def test_every_request_fits_the_vendors_contract(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    user = {"userId": "c-9", "mergeNestedObjects": True, "dataFields": {"firstName": "Ana"}}
    assert loader.run([*everything(5), *carts(cart(9, 1, user=user, createdAt=None), cart(10, None))]).code == 0
    checked, faults = contract_faults(sandbox, "POST", UPDATE)
    assert checked == 6
    assert faults == []


# The pure part: which version of which cart items and events show.

versions = st.builds(CartVersion, st.sampled_from(["a", "b"]), st.integers(0, 4))
plain_items = st.lists(
    st.fixed_dictionaries(
        {"id": st.text(max_size=3)},
        optional={"dataFields": st.dictionaries(st.sampled_from(["cartId", "size"]), st.text(max_size=3))},
    ),
    min_size=1,
    max_size=3,
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "updateCart"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["eventName", "dataFields", "cartId", "cartVersion", "updatedShoppingCartItems"]), inner
        )
    ),
    max_leaves=12,
)


@given(items=plain_items, version=versions)
def test_items_show_the_version_they_were_marked_with(items: list[dict[str, Any]], version: CartVersion) -> None:
    assert version_of_items(mark_items(items, version)) == version
    assert version_of_items(items) is None


@given(items=plain_items, stored=st.lists(versions), version=versions)
def test_an_event_of_the_same_or_a_newer_version_of_the_same_cart_is_what_counts(
    items: list[dict[str, Any]], stored: list[CartVersion], version: CartVersion
) -> None:
    events = [
        {"eventName": "updateCart", "dataFields": {"updatedShoppingCartItems": mark_items(items, each)}}
        for each in stored
    ]
    others = [{**event, "eventName": "cartUpdated"} for event in events]
    newest = max((each.version for each in stored if each.cart_id == version.cart_id), default=-1)
    assert was_stored(version, [*others, *events]) == (newest >= version.version)
    assert not was_stored(version, others)


@given(shown=json, version=versions)
def test_nothing_a_service_shows_confuses_it(shown: Any, version: CartVersion) -> None:  # noqa: ANN401
    version_of_items(shown)
    was_stored(version, shown)
