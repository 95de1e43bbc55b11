"""Custom events: what arrives, what cannot, and what faults change about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.checkpoint import Segment
from delivery.entry import Entry, Source
from delivery.narrowing import BatchRefused
from delivery.outcome import DELIVERED, OutcomeKind
from delivery.rejects import SchemaMessage
from delivery.testing import state_line
from hypothesis import given
from hypothesis import strategies as st
from iterable_contract import contract_faults, needs_contract
from iterable_project import settings
from iterable_records import event, events, purchase, purchases, users
from iterable_runs import PASSING_FAULTS, TOO_LARGE, content, fault_name, undisturbed_content
from target_iterable.answers import Answer
from target_iterable.event_failures import attribute_event_failures

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

BULK = "/events/trackBulk"
NOT_FOUND = (
    "no such person in Iterable, and an event makes none here: load the person through users or purchases, then replay"
)


def held(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = sandbox.snapshot("iterable")["events"]
    return stored


def ids(sandbox: RunningSandbox) -> list[str]:
    return [str(entry["id"]) for entry in held(sandbox)]


def calls(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="iterable", path=BULK))


def of_person(user_id: str, count: int, **changes: Any) -> list[dict[str, Any]]:
    return [event(number, userId=user_id, **changes) for number in range(count)]


def test_events_arrive_whole_a_thousand_a_call(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run([*events(*of_person("c-1", 2500, campaignId=7, templateId=8)), state_line({"at": 2500})])
    assert result.code == 0
    assert result.counts("events") == (2500, 2500, 0, 0)
    assert result.states[-1] == {"at": 2500}
    assert calls(sandbox) == 3
    stored = {entry["id"]: entry for entry in held(sandbox)}
    assert len(stored) == 2500
    assert stored["ct-order-0-shipped"] == {
        "id": "ct-order-0-shipped",
        "eventName": "orderShipped",
        "email": None,
        "userId": "c-1",
        "createdAt": "2026-03-02T09:15:00.000Z",
        "dataFields": {"orderId": "o-0", "total": 59.9},
        "campaignId": 7,
        "templateId": 8,
    }


def test_the_same_input_again_stores_nothing_twice(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    lines = events(*(event(number) for number in range(300)))
    assert loader.run(lines).code == 0
    before = held(sandbox)
    assert loader.run(lines).code == 0
    assert held(sandbox) == before
    assert len(before) == 300


def test_an_event_without_an_id_is_stored_and_absent_members_may_be_null(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    row = {"email": None, "id": None, "createdAt": None, "campaignId": None, "dataFields": None}
    result = loader.run(events(*(event(1, **row) for _ in range(3))))
    assert result.counts("events") == (3, 3, 0, 0)
    assert ids(sandbox) == ["None", "None", "None"]


BAD_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"eventName": ""}, "field eventName: breaks the rule 'minLength' of the schema"),
    ({"eventName": None}, "field eventName: must be string"),
    ({"id": "order_1"}, "id must be letters, digits and hyphens, at most 512 of them"),
    ({"id": ""}, "id must be letters, digits and hyphens, at most 512 of them"),
    ({"id": "x\n"}, "id must be letters, digits and hyphens, at most 512 of them"),
    ({"id": "x" * 513}, "id must be letters, digits and hyphens, at most 512 of them"),
    ({"createdAt": 1772442900123}, "createdAt is in milliseconds; Iterable takes seconds"),
    ({"createdAt": "2026-03-02"}, "field createdAt: must be null or integer"),
    ({"createdAt": -1}, "field createdAt: breaks the rule 'minimum' of the schema"),
    ({"userId": None}, "email and userId are both missing"),
    (
        {"userId": "ends with space "},
        "userId must be printable ASCII, at most 52 characters, and neither end with a space nor be . or ..",
    ),
    ({"userId": None, "email": "nobody"}, "email is not an e-mail address"),
    ({"dataFields": []}, "field dataFields: must be null or object"),
    ({"preferUserId": True}, "the record: has a member that is not allowed: 'preferUserId'"),
]


def test_a_bad_event_is_rejected_alone_with_its_reason(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    bad = [event(number, **change) for number, (change, _) in enumerate(BAD_EVENTS)]
    result = loader.run(events(event(101), *bad, event(102)))
    assert result.code == 1
    assert result.counts("events") == (len(bad) + 2, 2, len(bad), 0)
    kept = [line for line in result.rejects if line["type"] == "RECORD"]
    assert [line["rejected"]["reason"] for line in kept] == [reason for _, reason in BAD_EVENTS]
    assert [line["record"] for line in kept] == bad
    assert ids(sandbox) == ["ct-order-101-shipped", "ct-order-102-shipped"]


def test_what_an_event_says_about_addresses_is_left_alone(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run(events(event(1, dataFields={"email": " Not checked ", "userId": 7})))
    assert result.counts("events") == (1, 1, 0, 0)
    assert held(sandbox)[0]["dataFields"] == {"email": " Not checked ", "userId": 7}


def test_addresses_are_written_as_iterable_compares_them(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    guest = event(1, userId=None, email=" Ana@Shop.Example ")
    assert loader.run([*users({"email": "ana@shop.example"}), *events(guest)]).code == 0
    assert [entry["email"] for entry in held(sandbox)] == ["ana@shop.example"]


def test_events_come_after_the_users_and_purchases_that_make_their_people(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    guest = {"email": "guest@shop.example"}
    of_guest = event(1, userId=None, **guest)
    of_member = event(2, userId=None, email="member@shop.example")
    lines = [
        *events(of_guest, of_member),
        *purchases(purchase(1, user=guest)),
        *users({"email": "member@shop.example"}),
    ]
    result = loader.run(lines)
    assert result.code == 0
    assert result.counts("events") == (2, 2, 0, 0)
    assert ids(sandbox) == ["ct-order-1-shipped", "ct-order-2-shipped"]


def test_all_events_of_an_unknown_person_are_rejected_in_one_call_with_what_to_do(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    ghosts = [event(n, userId=None, email="Ghost@shop.example", id=f"ghost-{n}") for n in range(3)]
    known = of_person("c-1", 3)
    loader.settings["max_rejects"] = 3
    result = loader.run(events(*(each for pair in zip(ghosts, known, strict=True) for each in pair)))
    assert result.counts("events") == (6, 3, 3, 0)
    assert result.reasons("events") == {NOT_FOUND: 3}
    assert len(held(sandbox)) == 3
    assert len(sandbox.requests(service="iterable", path=BULK)) <= 2, "a call for each of two lanes"
    assert "host@shop" not in result.log


def test_an_email_project_takes_a_user_id_of_someone_known_and_makes_nobody(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    settings(sandbox, project_type="email")
    loader.settings |= {"project_type": "email", "max_rejects": 1}
    people = users({"email": "ana@shop.example", "userId": "c-1"})
    result = loader.run([*people, *events(event(1), event(2))])
    assert result.counts("events") == (2, 1, 1, 0)
    assert result.reasons("events") == {NOT_FOUND: 1}
    assert ids(sandbox) == ["ct-order-1-shipped"]


def test_a_userid_project_takes_no_address(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, project_type="userid")
    loader.settings |= {"project_type": "userid", "max_rejects": 1}
    result = loader.run(events(event(1), event(2, userId=None, email="ana@shop.example")))
    assert result.counts("events") == (2, 1, 1, 0)
    assert list(result.reasons("events")) == ["userId is missing; a userid project knows people by nothing else"]


def test_forgotten_people_are_skipped_and_their_events_never_leave(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    settings(sandbox, forgotten_user_ids=["c-1"])
    result = loader.run(events(event(1), event(2)))
    assert result.code == 0
    assert result.counts("events") == (2, 1, 0, 1)
    assert result.rejects == []
    sent = [body for call in sandbox.requests(service="iterable", path=BULK) for body in call["body"]["events"]]
    assert [each["userId"] for each in sent] == ["c-2"]


def test_a_person_forgotten_meanwhile_is_skipped_too(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    # The lists are out of reach: Iterable alone knows.
    action = {"kind": "respond", "status": 403, "body": {"code": "Forbidden", "msg": "", "params": None}}
    sandbox.order_fault(action, service="iterable", path="/users/forgotten", times=None)
    settings(sandbox, forgotten_user_ids=["c-1"])
    result = loader.run(events(event(1), event(2), event(3, userId="c-1")))
    assert result.counts("events") == (3, 1, 0, 2)
    assert ids(sandbox) == ["ct-order-2-shipped"]


def test_blocked_names_are_named_and_only_their_events_rejected(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, disallowed_event_names=["orderShipped"])
    ghost = {"userId": None, "email": "ghost@shop.example"}
    records = [
        event(1),
        event(2, eventName="orderPlaced"),
        event(3, **ghost),
        event(4, eventName="orderPlaced", **ghost),
    ]
    result = loader.run(events(*records))
    assert result.counts("events") == (4, 1, 3, 0)
    blocked = "the event name 'orderShipped' is blocked in the project: allow it in the project's settings, then replay"
    assert result.reasons("events") == {blocked: 2, NOT_FOUND: 1}
    assert ids(sandbox) == ["ct-order-2-shipped"]


def test_fields_the_project_drops_are_told_once(loader: LoaderProcess) -> None:
    loader.settings["batch_size_rows"] = 2
    result = loader.run(events(*of_person("c-1", 8, createNewFields=False, dataFields={"unheardOf": 1})))
    assert result.counts("events") == (8, 8, 0, 0)
    assert result.log.count("Iterable dropped fields that the project does not know: unheardOf.") == 1


def test_one_persons_events_keep_their_order(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["batch_size_rows"] = 7
    records = [event(number, userId=f"c-{number % 12}") for number in range(400)]
    assert loader.run(events(*records)).code == 0
    sent = [body for call in sandbox.requests(service="iterable", path=BULK) for body in call["body"]["events"]]
    assert len(sent) == 400
    for person in range(12):
        numbers = [int(each["id"].split("-")[2]) for each in sent if each["userId"] == f"c-{person}"]
        assert numbers == [number for number in range(400) if number % 12 == person]


def test_an_event_that_changes_within_a_run_ends_as_it_was_last(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    changed = [event(1, dataFields={"total": total}) for total in (1.5, 2.5, 3.5)]
    result = loader.run(events(event(1), event(1), *changed))
    assert result.counts("events") == (5, 5, 0, 0)
    assert [entry["dataFields"] for entry in held(sandbox)] == [{"total": 3.5}]
    sent = [each for call in sandbox.requests(service="iterable", path=BULK) for each in call["body"]["events"]]
    assert len(sent) == 4, "an exact repeat is not sent twice"


def test_a_value_of_another_type_rejects_one_of_a_thousand_in_two_calls(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.settings["max_rejects"] = 1
    records = of_person("c-1", 1000)
    records[617]["dataFields"] = {"total": "much"}
    result = loader.run(events(*records))
    assert result.counts("events") == (1000, 999, 1, 0)
    assert list(result.reasons("events")) == ["field 'total' must be double in this project"]
    assert calls(sandbox) == 2
    assert "much" not in result.log


def test_the_same_value_in_the_same_field_of_another_event_is_no_offence(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.settings["max_rejects"] = 1
    records = of_person("c-1", 400)
    for number in range(0, 400, 2):
        records[number] = event(number, userId="c-1", eventName="note", dataFields={"total": "much"})
    records[301]["dataFields"] = {"total": "much"}
    result = loader.run(events(*records))
    assert result.counts("events") == (400, 399, 1, 0)
    assert "ct-order-301-shipped" not in ids(sandbox)
    assert calls(sandbox) <= 20


def test_new_fields_past_the_limit_reject_only_their_events(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["max_rejects"] = 1
    assert loader.run(events(event(0))).code == 0
    settings(sandbox, event_field_limit=2)
    records = of_person("c-1", 50)
    records[20]["dataFields"] = {"brandNew": 1}
    before = calls(sandbox)
    result = loader.run(events(*records))
    assert result.counts("events") == (50, 49, 1, 0)
    assert list(result.reasons("events")) == [
        "field 'orderShipped.brandNew' is new, and the project can take no new fields"
    ]
    assert calls(sandbox) - before == 2


def test_the_element_iterable_cannot_read_is_rejected_the_rest_sent_again(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.settings["max_rejects"] = 1
    body = {"code": "BadJsonBody", "msg": "", "params": {"obj.events[2].createdAt": "Number value expected"}}
    action = {"kind": "respond", "status": 400, "body": body}
    sandbox.order_fault(action, service="iterable", path=BULK, times=1)
    result = loader.run(events(*of_person("c-1", 5)))
    assert result.counts("events") == (5, 4, 1, 0)
    assert list(result.reasons("events")) == ["Iterable cannot read 'createdAt': wrong type, or missing"]
    assert "ct-order-2-shipped" not in ids(sandbox)
    assert calls(sandbox) == 2


def test_a_request_that_is_too_large_is_halved(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, max_body_bytes=20_000)
    result = loader.run(events(*of_person("c-1", 400)))
    assert result.counts("events") == (400, 400, 0, 0)
    assert len(held(sandbox)) == 400


def test_one_event_that_is_refused_without_a_place_is_found_by_halving(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    # Iterable: a value has at most about 32 000 characters; what it says names no element.
    loader.settings["max_rejects"] = 1
    records = of_person("c-1", 1000)
    records[333]["dataFields"] = {"note": "x" * 40_000}
    result = loader.run(events(*records))
    assert result.counts("events") == (1000, 999, 1, 0)
    assert list(result.reasons("events")) == ["Iterable refuses it (BadParams)"]
    assert calls(sandbox) <= 22


def failed(**counts: Any) -> dict[str, Any]:
    return {"kind": "respond", "status": 200, "body": {"successCount": 0, "createdFields": [], **counts}}


def test_where_the_counts_differ_a_persons_events_are_sent_alone(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    answer = failed(successCount=2, failCount=2, failedUpdates={"notFoundUserIds": ["c-1", "c-1"]})
    sandbox.order_fault(answer, service="iterable", path=BULK, times=1)
    result = loader.run(events(*of_person("c-1", 4)))
    assert result.counts("events") == (4, 4, 0, 0)
    assert len(held(sandbox)) == 4
    sizes = [len(call["body"]["events"]) for call in sandbox.requests(service="iterable", path=BULK)]
    assert sizes == [4, 1, 1, 1, 1]


def test_failures_that_are_counted_and_not_listed_are_not_taken_for_successes(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    sandbox.order_fault(failed(successCount=3, failCount=1, failedUpdates={}), service="iterable", path=BULK, times=1)
    assert loader.run(events(*of_person("c-1", 4))).counts("events") == (4, 4, 0, 0)
    assert len(held(sandbox)) == 4
    sandbox.order_fault(failed(failCount=1), service="iterable", path=BULK, times=None)
    result = loader.run(events(event(1)))
    assert result.counts("events") == (1, 0, 1, 0)
    assert list(result.reasons("events")) == ["Iterable did not take it, and does not say why"]


def test_a_dry_run_sends_nothing(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings |= {"dry_run": True, "max_rejects": 1}
    result = loader.run(events(event(1), event(2, id="a_b")))
    assert result.counts("events") == (2, 0, 1, 1)
    assert calls(sandbox) == 0


def everything(count: int = 120) -> list[str]:
    people = users(*({"email": f"p{number}@shop.example"} for number in range(10)))
    told = [event(number, userId=None, email=f"p{number % 10}@shop.example") for number in range(count)]
    return [*people, state_line({"at": "users"}), *events(*told), state_line({"at": "events"})]


@pytest.fixture(scope="module")
def undisturbed(sandbox_process: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the service holds after a run that nothing happens to; each test starts with an empty one again."""
    kept = undisturbed_content(sandbox_process, tmp_path_factory.mktemp("undisturbed"), everything())
    assert len(kept["events"]) == 120
    return kept


@pytest.mark.parametrize("action", [*PASSING_FAULTS, TOO_LARGE], ids=fault_name)
def test_a_passing_fault_changes_nothing_in_the_end(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any], action: dict[str, Any]
) -> None:
    sandbox.order_fault(action, service="iterable", path=BULK, times=3)
    result = loader.run(everything())
    assert result.code == 0
    assert result.states[-1] == {"at": "events"}
    assert content(sandbox) == undisturbed


def test_killed_in_the_middle_and_run_again_stores_each_event_once(
    loader: LoaderProcess, sandbox: RunningSandbox, undisturbed: dict[str, Any]
) -> None:
    loader.settings["batch_size_rows"] = 5
    sandbox.order_fault({"kind": "delay", "seconds": 0.15}, service="iterable", path=BULK, times=None)
    process = loader.start()
    assert process.stdin is not None
    process.stdin.write("".join(line + "\n" for line in everything()))
    process.stdin.flush()
    for _ in range(3000):
        if held(sandbox):
            break
        time.sleep(0.02)
    process.kill()
    first = loader.finish(process)
    assert {"at": "events"} not in first.states
    assert 0 < len(held(sandbox)) < 120
    sandbox.clear_faults()
    assert loader.run(everything()).code == 0
    assert content(sandbox) == undisturbed


def test_the_documented_limit_is_kept_without_a_refusal(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, rate_limits=True)
    loader.settings["batch_size_rows"] = 2
    result = loader.run(events(*(event(number) for number in range(60))))
    assert result.counts("events") == (60, 60, 0, 0)
    statuses = [call["status"] for call in sandbox.requests(service="iterable", path=BULK)]
    assert set(statuses) == {200}
    assert len(statuses) >= 28


@needs_contract
def test_every_request_fits_the_vendors_contract(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["batch_size_rows"] = 15
    row = {"email": None, "id": None, "createdAt": None, "campaignId": None, "dataFields": None}
    assert loader.run([*everything(), *events(event(1, **row), event(2, campaignId=1, templateId=2))]).code == 0
    checked, faults = contract_faults(sandbox, "POST", BULK)
    assert checked >= 8
    assert faults == []


# The pure part: which of many events failed.

SOURCE = Source(SchemaMessage("events", {}), b"{}", Segment())
PEOPLE: list[dict[str, str]] = [
    {"email": "a@x.example"},
    {"email": "b@x.example"},
    {"userId": "a"},
    {"userId": "B"},
    {"email": "c@x.example", "userId": "C"},
]


def entry(person: dict[str, str], name: str) -> Entry:
    return Entry({**person, "eventName": name}, b"", "", SOURCE)


@given(
    batch=st.lists(st.builds(entry, st.sampled_from(PEOPLE), st.sampled_from(["placed", "blocked"])), min_size=1),
    failing=st.sets(st.sampled_from(["a@x.example", "b@x.example", "a", "B", "C"])),
    blocks=st.booleans(),
    once=st.booleans(),
)
def test_each_event_gets_the_outcome_the_service_gave_it(
    batch: list[Entry],
    failing: set[str],
    blocks: bool,  # noqa: FBT001 - hypothesis says which
    once: bool,  # noqa: FBT001
) -> None:
    """The service lists a person once, or once for each failed event; both have been thought of."""
    lists: dict[str, list[str]] = {"notFoundEmails": [], "forgottenUserIds": []}
    kinds, blocked = [], 0
    for each in batch:
        if blocks and each.record["eventName"] == "blocked":
            kinds.append(OutcomeKind.REJECTED)
            blocked += 1
            continue
        identifier = next((each.record[n] for n in ("email", "userId") if each.record.get(n) in failing), None)
        if identifier is None:
            kinds.append(OutcomeKind.DELIVERED)
            continue
        listed = lists["notFoundEmails" if "@" in identifier else "forgottenUserIds"]
        shown = identifier.upper() if "@" in identifier else identifier
        if not (once and shown in listed):
            listed.append(shown)
        kinds.append(OutcomeKind.REJECTED if "@" in identifier else OutcomeKind.SKIPPED)
    body = {
        "failCount": len(batch) - kinds.count(OutcomeKind.DELIVERED),
        "disallowedEventNames": ["blocked"] if blocked else [],
        "failedUpdates": lists,
    }
    outcomes, unclear = attribute_event_failures(Answer(200, body=body), batch)
    assert unclear == []
    assert [outcome.kind for outcome in outcomes] == kinds


json = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.sampled_from(["a", "a@x.example", "placed"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(failed_count=json, names=json, emails=json, user_ids=json)
def test_no_answer_confuses_it(failed_count: Any, names: Any, emails: Any, user_ids: Any) -> None:  # noqa: ANN401
    batch = [entry(person, "placed") for person in PEOPLE]
    failures = {"invalidEmails": emails, "notFoundUserIds": user_ids}
    body = {"failCount": failed_count, "disallowedEventNames": names, "failedUpdates": failures}
    try:
        outcomes, unclear = attribute_event_failures(Answer(200, body=body), batch)
    except BatchRefused:
        return
    assert len(outcomes) == len(batch)
    assert set(unclear) <= set(range(len(batch)))


def test_without_failures_everything_is_delivered() -> None:
    batch = [entry(person, "placed") for person in PEOPLE]
    body = {"successCount": 5, "failCount": 0, "failedUpdates": {"invalidEmails": []}}
    assert attribute_event_failures(Answer(200, body=body), batch) == ([DELIVERED] * 5, [])
