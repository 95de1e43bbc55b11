"""Whatever answers in Iterable's place: nothing counts as delivered, nothing as refused, and the run ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from delivery.client import UnexpectedAnswer
from delivery.json_text import encode
from delivery.testing import state_line
from hypothesis import given
from hypothesis import strategies as st
from iterable_in_process import load
from iterable_project import ask, consent, profiles, settings, writes
from iterable_records import (
    cart,
    carts,
    catalog_items,
    deleted_users,
    event,
    events,
    list_memberships,
    purchase,
    purchases,
    subscriptions,
    users,
)
from target_iterable import contracts
from target_iterable.answers import UNKNOWN_USER_ID

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

CHANNEL = 101
RULE = {"unsubscribe_new_profiles": {"marketing": True}}
PAGE = "<html><body>We are back soon</body></html>"
ANA = "ana@shop.example"
CUSTOMER = {"userId": "c-1", "dataFields": {"email": ANA}}
ITEM = {"catalogName": "products", "itemId": "i-1", "value": {"n": 1}}


@dataclass(frozen=True)
class Case:
    """A call of the loader.

    Attributes:
        method: HTTP method.
        path: Regular expression for its path.
        stream: The stream it is for.
        lines: Input that leads to it.
        settings: Settings of the loader.
        project: Settings of the project.
        made_before: Calls that others made before, as path and body.
    """

    method: str
    path: str
    stream: str
    lines: list[str]
    settings: dict[str, Any] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)
    made_before: tuple[tuple[str, Any], ...] = ()


def leaving(kind: str = "messageChannel", group: int = CHANNEL, **person: str) -> list[str]:
    wish = {"subscriptionGroup": kind, "subscriptionGroupId": group, "action": "unsubscribe"}
    return subscriptions({"userId": "c-1", **person, **wish})


INCREMENTAL = {"incremental_subscriptions": True}
TYPED = catalog_items(ITEM, value={"n": {"type": "integer"}})
GUEST_WITH_OPT_OUT = (
    ("users/update", {"userId": "c-1"}),
    ("users/updateSubscriptions", {"email": ANA, "unsubscribedChannelIds": [CHANNEL]}),
)
CASES: dict[str, Case] = {
    "channels": Case("GET", "/channels$", "users", users({"email": ANA})),
    "message types": Case("GET", "/messageTypes$", "subscriptions", leaving("messageType", 41)),
    "lists": Case("GET", "/lists$", "list_memberships", list_memberships({"userId": "c-1", "list": "VIP"})),
    "a new list": Case("POST", "/lists$", "list_memberships", list_memberships({"userId": "c-1", "list": "VIP"})),
    "put on a list": Case(
        "POST", "/lists/subscribe$", "list_memberships", list_memberships({"userId": "c-1", "list": "VIP"})
    ),
    "taken off a list": Case(
        "POST",
        "/lists/unsubscribe$",
        "list_memberships",
        list_memberships({"userId": "c-1", "list": "VIP", "action": "remove"}),
    ),
    "fields": Case("GET", "/getFields$", "users", users({"email": ANA, "dataFields": {"n": 1}})),
    "forgotten addresses": Case("GET", "/users/forgotten$", "users", users({"email": ANA})),
    "forgotten userIds": Case("GET", "/forgottenUserIds$", "users", users({"email": ANA})),
    "a look-up by address": Case("GET", "/getByEmail$", "users", users({"email": ANA}), RULE),
    "a look-up by userId": Case("GET", "/users/byUserId$", "purchases", purchases(purchase(1, user=CUSTOMER)), RULE),
    "profiles": Case("POST", "/bulkUpdate$", "users", users({"email": ANA}, {"email": "bo@shop.example"})),
    "new people's choices": Case("POST", "/bulkUpdateSubscriptions$", "users", users({"email": ANA}), RULE),
    "choices of somebody there": Case(
        "POST", "/bulkUpdateSubscriptions$", "subscriptions", leaving(), made_before=GUEST_WITH_OPT_OUT[:1]
    ),
    "a choice": Case("PUT", "/subscriptions/", "subscriptions", leaving(), project=INCREMENTAL),
    "a choice of somebody gone": Case(
        "DELETE",
        "/subscriptions/",
        "deleted_users",
        deleted_users({"userId": "c-1", "action": "unsubscribe"}),
        project=INCREMENTAL,
        made_before=GUEST_WITH_OPT_OUT[:1],
    ),
    "choices of somebody gone": Case(
        "POST",
        "/updateSubscriptions$",
        "deleted_users",
        deleted_users({"userId": "c-1", "action": "unsubscribe"}),
        made_before=GUEST_WITH_OPT_OUT[:1],
    ),
    "a guest's choices": Case(
        "POST", "/updateSubscriptions$", "users", users(CUSTOMER), made_before=GUEST_WITH_OPT_OUT
    ),
    "a merge": Case("POST", "/merge$", "users", users(CUSTOMER), made_before=GUEST_WITH_OPT_OUT),
    "a change of address": Case(
        "POST",
        "/updateEmail$",
        "users",
        users({"userId": "c-1", "email": "new@shop.example"}),
        {"project_type": "email"},
        {"project_type": "email"},
        (("users/update", {"email": ANA, "dataFields": {"userId": "c-1"}}),),
    ),
    "purchases": Case("POST", "/trackPurchase$", "purchases", purchases(purchase(1), purchase(2))),
    "carts": Case("POST", "/updateCart$", "carts", carts(cart(1, None), cart(2, None))),
    "carts with versions": Case("POST", "/updateCart$", "carts", carts(cart(1), cart(2))),
    "a person's events": Case(
        "GET", "/events/", "carts", carts(cart(1)), made_before=(("users/update", {"userId": "c-1"}),)
    ),
    "events": Case("POST", "/trackBulk$", "events", events(event(1), event(2))),
    "catalogs": Case("GET", "/catalogs$", "catalog_items", TYPED),
    "a new catalog": Case("POST", "/catalogs/products$", "catalog_items", TYPED),
    "a catalog's fields": Case("GET", "/fieldMappings$", "catalog_items", TYPED),
    "types of a catalog": Case("PUT", "/fieldMappings$", "catalog_items", TYPED),
    "items": Case("POST", "/products/items$", "catalog_items", TYPED),
    "items that are gone": Case("DELETE", "/products/items$", "catalog_items", catalog_items({**ITEM, "value": None})),
    "forgetting": Case("POST", "/forget$", "deleted_users", deleted_users({"userId": "c-1", "action": "forget"})),
    "a deletion by userId": Case("DELETE", "/users/byUserId/", "deleted_users", deleted_users({"userId": "c-1"})),
    "a deletion by address": Case("DELETE", "/users/ana", "deleted_users", deleted_users({"email": ANA})),
}
ANSWERS: dict[str, tuple[int, dict[str, str], Any]] = {
    "200 with a page": (200, {}, PAGE),
    "202 with a page": (202, {}, PAGE),
    "200 without a body": (200, {}, None),
    "204": (204, {}, None),
    "200 with a list": (200, {}, []),
    "200 with a sentence": (200, {}, "Accepted a request"),
    "200 with another code": (200, {}, {"code": "GenericError", "msg": "", "params": None}),
    "200 with counts of others": (200, {}, {"successCount": 7, "failCount": 0}),
    "400 with a page": (400, {}, PAGE),
    "403 with a page": (403, {}, PAGE),
    "418 with an object of another kind": (418, {}, {"error": "teapot"}),
    "a redirect": (307, {"Location": "https://elsewhere.example/"}, None),
}


def prepare(sandbox: RunningSandbox, case: Case) -> None:
    settings(sandbox, **case.project)
    for path, body in case.made_before:
        ask(sandbox, "POST", path, body)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CASES)
def test_what_the_contract_does_not_know_delivers_nothing_and_refuses_nothing(
    sandbox: RunningSandbox, tmp_path: Path, call: str, answer: str
) -> None:
    case, (status, headers, body) = CASES[call], ANSWERS[answer]
    prepare(sandbox, case)
    action = {"kind": "respond", "status": status, "headers": headers, "body": body}
    sandbox.order_fault(action, service="iterable", method=case.method, path=case.path, times=None)
    run = load(sandbox, tmp_path, [*case.lines, state_line({"at": "end"})], **case.settings)
    assert run.error is not None
    assert "does not answer as it should" in run.error or "keeps failing" in run.error
    assert (run.states, run.rejects) == ([], [])
    assert run.summary["streams"].get(case.stream, {}).get("delivered", 0) == 0
    assert ANA not in run.error
    assert sandbox.requests(service="iterable", method=case.method, path=case.path), "the call was made"


@pytest.mark.parametrize("call", CASES)
def test_an_answer_of_a_proxy_that_passes_changes_nothing(sandbox: RunningSandbox, tmp_path: Path, call: str) -> None:
    """The service has acted, its answer was replaced: what is tried again ends as if nothing had happened."""
    case = CASES[call]
    prepare(sandbox, case)
    action = {"kind": "replace_answer", "status": 200, "headers": {}, "body": PAGE}
    sandbox.order_fault(action, service="iterable", method=case.method, path=case.path, times=2)
    run = load(sandbox, tmp_path, [*case.lines, state_line({"at": "end"})], **case.settings)
    assert (run.error, run.states, run.rejects) == (None, [{"at": "end"}], [])


@pytest.mark.parametrize(
    "call", [call for call, case in CASES.items() if "/subscriptions/" not in case.path and call != "channels"]
)
def test_the_page_of_a_route_that_is_not_there_ends_the_run(sandbox: RunningSandbox, tmp_path: Path, call: str) -> None:
    case = CASES[call]
    prepare(sandbox, case)
    action = {"kind": "respond", "status": 404, "body": PAGE}
    sandbox.order_fault(action, service="iterable", method=case.method, path=case.path, times=None)
    run = load(sandbox, tmp_path, [*case.lines, state_line({"at": "end"})], **case.settings)
    assert run.error is not None
    assert "check the settings api_url" in run.error
    assert (run.states, run.rejects) == ([], [])
    assert run.summary["streams"].get(case.stream, {}).get("delivered", 0) == 0


def test_a_look_up_that_a_proxy_answers_erases_no_opt_out(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ask(sandbox, "POST", "users/updateSubscriptions", {"email": ANA, "unsubscribedChannelIds": [102]})
    action = {"kind": "replace_answer", "status": 200, "headers": {}, "body": PAGE}
    sandbox.order_fault(action, service="iterable", method="GET", path="/getByEmail$", times=None)
    run = load(sandbox, tmp_path, users({"email": ANA}), **RULE)
    assert run.error is not None
    assert consent(sandbox)[ANA]["unsubscribedChannelIds"] == [102]
    assert not any("bulkUpdate" in call for call in writes(sandbox))


@pytest.mark.parametrize("text", ["Accepted a request for bulk subscription actions", "Request accepted"])
def test_a_change_of_one_subscription_may_be_accepted_in_a_sentence(
    sandbox: RunningSandbox, tmp_path: Path, text: str
) -> None:
    settings(sandbox, incremental_subscriptions=True)
    action = {"kind": "replace_answer", "status": 202, "headers": {}, "body": text}
    sandbox.order_fault(action, service="iterable", method="PUT", path="/subscriptions/", times=None)
    run = load(sandbox, tmp_path, leaving())
    assert (run.error, run.counts("subscriptions")) == (None, (1, 1, 0, 0))


def test_a_change_of_one_subscription_may_be_refused_in_a_sentence(sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings(sandbox, incremental_subscriptions=True)
    action = {"kind": "respond", "status": 400, "body": "Invalid parameters"}
    sandbox.order_fault(action, service="iterable", method="PUT", path="/subscriptions/", times=None)
    run = load(sandbox, tmp_path, leaving())
    assert (run.error, run.counts("subscriptions")) == (None, (1, 0, 1, 0))


def test_a_cart_is_not_sent_while_it_is_not_told_whether_it_was_before(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ask(sandbox, "POST", "users/update", {"userId": "c-1"})
    refused = {"kind": "respond", "status": 400, "body": {"code": "BadParams", "msg": "", "params": None}}
    sandbox.order_fault(refused, service="iterable", method="GET", path="/events/", times=None)
    run = load(sandbox, tmp_path, carts(cart(1)))
    assert (run.error, run.counts("carts")) == (None, (1, 0, 1, 0))
    assert writes(sandbox)[1:] == []


@pytest.mark.parametrize("chosen", [["x"], [None], "101", [True], [1.5], {"101": 1}])
def test_a_profile_whose_choices_are_no_numbers_rejects_that_record_alone(
    sandbox: RunningSandbox, tmp_path: Path, chosen: object
) -> None:
    ask(sandbox, "POST", "users/update", {"userId": "c-2"})
    strange = {"user": {"email": ANA, "dataFields": {"unsubscribedChannelIds": chosen}}}
    action = {"kind": "respond", "status": 200, "body": strange}
    sandbox.order_fault(action, service="iterable", path="/getByEmail$", times=1)
    lines = [*leaving(userId="", email=ANA), *leaving(userId="c-2")[1:]]
    lines = [line.replace('"userId": "", ', "") for line in lines]
    run = load(sandbox, tmp_path, lines)
    assert run.error is None
    assert run.counts("subscriptions") == (2, 1, 1, 0)
    (reason,) = run.reasons("subscriptions")
    assert reason.startswith("the profile in Iterable holds something else than numbers in 'unsubscribedChannelIds'")


# The contracts alone

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PEOPLE = [{"email": "a@x.example"}, {"userId": "c-2", "email": "b@x.example"}, {"userId": "c-3"}]
ALL = {name: value for name, value in vars(contracts).items() if isinstance(value, contracts.Contract)}
ALL |= {
    "counts": contracts.counts_of(PEOPLE),
    "a look-up by address": contracts.profile_by_email(ANA),
    "a look-up by userId": contracts.profile_by_user_id("c-1"),
}


def response(status: int, content: bytes, media_type: str = "application/json") -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, content
    made.headers["Content-Type"] = media_type
    return made


@given(status=st.sampled_from([200, 201, 202, 204, 301, 400, 401, 404, 409, 413, 422]), content=st.binary(max_size=60))
@pytest.mark.parametrize("name", ALL)
def test_bytes_that_are_no_json_are_never_a_success(name: str, status: int, content: bytes) -> None:
    contract = ALL[name]
    try:
        answer = contract.read(response(status, content))
    except UnexpectedAnswer:
        return
    assert not answer.succeeded or content.strip()[:1] == b"{" or b"accepted" in content.lower()


def test_a_count_that_is_none_or_does_not_add_up_is_no_success() -> None:
    contract = contracts.counts_of(PEOPLE)
    for body in (b'{"successCount":3}', b'{"successCount":true,"failCount":2}', b'{"successCount":2,"failCount":2}'):
        with pytest.raises(UnexpectedAnswer):
            contract.read(response(200, body))
    assert contract.read(response(200, b'{"successCount":2,"failCount":1}')).succeeded
    assert contract.read(response(200, b'{"successCount":2,"failCount":0,"noOpEmails":["a@x.example"]}')).succeeded


@pytest.mark.parametrize(
    "listed",
    [
        {"noOpEmails": ["z@x.example"]},
        {"noOpUserIds": ["C-3"]},
        {"noOpEmails": ["z@x.example"], "noOpUserIds": ["c-9", None, 7]},
        {"noOpEmails": ["a@x.example"], "noOpUserIds": ["c-2"]},
    ],
)
def test_names_of_others_do_not_make_counts_add_up(listed: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        contracts.counts_of(PEOPLE).read(response(200, encode({"successCount": 2, "failCount": 0, **listed})))


@pytest.mark.parametrize(
    ("taken", "listed"),
    [
        (2, {"noOpEmails": ["A@x.example"]}),
        (2, {"noOpUserIds": ["c-3", "c-9"]}),
        # One person, by both identifiers.
        (2, {"noOpEmails": ["b@x.example"], "noOpUserIds": ["c-2"]}),
        (0, {"noOpEmails": ["a@x.example", "b@x.example"], "noOpUserIds": ["c-3"]}),
    ],
)
def test_whoever_was_sent_may_be_named_as_unchanged(taken: int, listed: dict[str, Any]) -> None:
    body = encode({"successCount": taken, "failCount": 0, **listed})
    assert contracts.counts_of(PEOPLE).read(response(200, body)).succeeded


def test_names_of_others_explain_no_failure(sandbox: RunningSandbox, tmp_path: Path) -> None:
    body = {"successCount": 1, "failCount": 1, "noOpEmails": ["z@x.example"]}
    action = {"kind": "respond", "status": 200, "body": body}
    sandbox.order_fault(action, service="iterable", path="/users/bulkUpdate$", times=1)
    run = load(sandbox, tmp_path, users({"email": ANA}, {"email": "bo@shop.example"}))
    assert (run.error, run.counts("users")) == (None, (2, 2, 0, 0))
    assert {one["email"] for one in profiles(sandbox)} == {ANA, "bo@shop.example"}, "halved, and sent again"


OTHERS = {
    "of another address": {"user": {"email": "z@x.example", "userId": "c-9", "dataFields": {"email": "z@x.example"}}},
    "of nobody": {"user": {"dataFields": {"newsletter": True}}},
    "in other letters": {"user": {"email": "ana@shop.example.org", "userId": "C-1", "dataFields": {}}},
}


@pytest.mark.parametrize("profile", OTHERS)
@pytest.mark.parametrize(
    ("path", "lines"), [("/getByEmail$", users({"email": ANA})), ("/users/byUserId$", users({"userId": "c-1"}))]
)
def test_another_persons_profile_answers_no_look_up(
    sandbox: RunningSandbox, tmp_path: Path, path: str, lines: list[str], profile: str
) -> None:
    action = {"kind": "respond", "status": 200, "body": OTHERS[profile]}
    sandbox.order_fault(action, service="iterable", path=path, times=None)
    run = load(sandbox, tmp_path, lines, **RULE)
    assert run.error is not None
    assert "does not answer as it should" in run.error or "keeps failing" in run.error
    assert "x.example" not in run.error
    assert writes(sandbox) == []


def test_an_empty_object_is_no_answer_to_a_look_up_by_userid(sandbox: RunningSandbox, tmp_path: Path) -> None:
    """Taken for nobody there, it would let what the person has opted out of be overwritten."""
    ask(sandbox, "POST", "users/updateSubscriptions", {"userId": "c-1", "unsubscribedChannelIds": [103]})
    before = consent(sandbox)
    action = {"kind": "respond", "status": 200, "body": {}}
    sandbox.order_fault(action, service="iterable", path="byUserId|getByEmail", times=None)
    run = load(sandbox, tmp_path, users({"userId": "c-1"}), unsubscribe_new_profiles={"channels": [CHANNEL]})
    assert run.error is not None
    assert consent(sandbox) == before


@pytest.mark.parametrize(
    "user", [{"email": "Ana@Shop.example"}, {"dataFields": {"email": ANA}}, {"email": ANA, "userId": "c-9"}]
)
def test_an_address_is_the_one_asked_for_in_whatever_letters(user: dict[str, Any]) -> None:
    assert contracts.profile_by_email(ANA).read(response(200, encode({"user": user}))).succeeded
    assert contracts.profile_by_email(ANA).read(response(200, b"{}")).succeeded


@pytest.mark.parametrize(
    "sentence",
    [
        "Your request was not accepted by this gateway",
        "Not accepted",
        "The request could not yet be ACCEPTED",
        "It wasn't accepted",
        "Unaccepted request",
        "No request is accepted at present",
    ],
)
def test_a_sentence_that_says_not_accepted_accepts_nothing(sentence: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        contracts.SUBSCRIPTION_CHANGE.read(response(202, sentence.encode(), "text/plain"))


def test_the_sentence_of_old_look_ups_is_nobody_and_a_page_that_holds_it_is_not() -> None:
    sentence = b"No user with that id exists!"
    look_up = contracts.profile_by_user_id("c-1")
    assert look_up.read(response(400, sentence, "text/plain")).code == UNKNOWN_USER_ID
    for contract, content in ((look_up, b"<p>" + sentence), (contracts.ENVELOPE, sentence)):
        with pytest.raises(UnexpectedAnswer):
            contract.read(response(400, content, "text/plain"))
