"""Who owns a field: the source, the destination, or whoever wrote it first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.checkpoint import Segment
from delivery.entry import Entry, Source
from delivery.rejects import SchemaMessage
from hypothesis import given
from hypothesis import strategies as st
from iterable_project import ask, profiles, settings
from iterable_records import purchase, purchases, users
from target_iterable.field_ownership import FieldOwnership

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

OWNERS = {"nickname": "destination", "origin": "first_write", "city": "source"}


@pytest.fixture
def owned(loader: LoaderProcess) -> LoaderProcess:
    loader.settings["field_ownership"] = OWNERS
    return loader


def ana(**fields: Any) -> dict[str, Any]:
    return {"userId": "c-1", "dataFields": {"email": "ana@shop.example", **fields}}


def held(sandbox: RunningSandbox) -> dict[str, Any]:
    (profile,) = profiles(sandbox)
    fields: dict[str, Any] = profile["dataFields"]
    return fields


def look_ups(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="iterable", path="byUserId|getByEmail"))


def test_a_new_profile_gets_everything(owned: LoaderProcess, sandbox: RunningSandbox) -> None:
    assert owned.run(users(ana(city="Bonn", nickname="Annie", origin="shop"))).code == 0
    assert held(sandbox) == {"city": "Bonn", "nickname": "Annie", "origin": "shop"}


def test_later_only_the_source_changes_what_is_there(owned: LoaderProcess, sandbox: RunningSandbox) -> None:
    owned.run(users(ana(city="Bonn", nickname="Annie", origin="shop")))
    owned.run(users(ana(city="Köln", nickname="Anna", origin="app")))
    assert held(sandbox) == {"city": "Köln", "nickname": "Annie", "origin": "shop"}
    owned.run(users(ana(city=None, nickname=None, origin=None, country="DE")))
    assert held(sandbox) == {"nickname": "Annie", "origin": "shop", "country": "DE"}


def test_a_no_is_written_whoever_owns_the_field_and_a_yes_is_not(owned: LoaderProcess, sandbox: RunningSandbox) -> None:
    def says(*, yes: bool) -> dict[str, Any]:
        return {**ana(nickname=yes, origin=yes), "consentFields": ["nickname", "origin"]}

    owned.run(users(says(yes=True)))
    assert owned.run(users(says(yes=False))).code == 0
    assert held(sandbox) == {"nickname": False, "origin": False}
    owned.run(users(says(yes=True)))
    assert held(sandbox) == {"nickname": False, "origin": False}


def test_an_empty_field_is_filled_for_the_destination_and_left_after_the_first_write(
    owned: LoaderProcess, sandbox: RunningSandbox
) -> None:
    owned.run(users(ana(city="Bonn", nickname="Annie", origin="shop")))
    ask(sandbox, "POST", "users/update", {"userId": "c-1", "dataFields": {"nickname": None, "origin": None}})
    owned.run(users(ana(city="Bonn", nickname="Anna", origin="app")))
    assert held(sandbox) == {"city": "Bonn", "nickname": "Anna"}


@pytest.mark.parametrize("made_by", ["a purchase", "an opt-out", "another identifier"])
def test_a_profile_without_fields_counts_as_just_created(
    owned: LoaderProcess, sandbox: RunningSandbox, made_by: str
) -> None:
    if made_by == "a purchase":
        owned.run(purchases(purchase(1, user={"userId": "c-1"})))
    elif made_by == "an opt-out":
        ask(sandbox, "POST", "users/updateSubscriptions", {"userId": "c-1", "unsubscribedChannelIds": [101]})
    else:
        ask(sandbox, "POST", "users/update", {"userId": "c-1", "dataFields": {"email": "ana@shop.example"}})
    owned.run(users(ana(city="Bonn", origin="shop")))
    assert held(sandbox) == {"city": "Bonn", "origin": "shop"}


def test_only_records_with_a_ruled_field_are_looked_up_each_person_once_a_run(
    owned: LoaderProcess, sandbox: RunningSandbox
) -> None:
    owned.settings["batch_size_rows"] = 1
    records = [
        ana(city="Bonn"),
        ana(city="Köln", nickname=None),
        ana(city="Köln", origin="shop", nickname="Annie"),
        ana(city="Köln", origin="app", nickname="Anna"),
        ana(origin="web", city="Trier"),
    ]
    assert owned.run(users(*records)).counts("users") == (5, 5, 0, 0)
    assert look_ups(sandbox) == 1
    assert held(sandbox) == {"city": "Trier", "nickname": "Annie"}


def test_a_thousand_are_looked_up_side_by_side_inside_the_limit(owned: LoaderProcess, sandbox: RunningSandbox) -> None:
    settings(sandbox, rate_limits=True)
    sandbox.order_fault({"kind": "delay", "seconds": 0.2}, service="iterable", path="byUserId", times=None)
    people = [{"userId": f"c-{n}", "dataFields": {"nickname": f"N{n}"}} for n in range(300)]
    started = time.monotonic()
    assert owned.run(users(*people)).counts("users") == (300, 300, 0, 0)
    assert time.monotonic() - started < 40, "one after the other they would take a minute"
    assert [call for call in sandbox.requests(service="iterable") if call["status"] == 429] == []


def test_killed_between_look_up_and_write_and_run_again_writes_the_same(
    owned: LoaderProcess, sandbox: RunningSandbox
) -> None:
    fault = sandbox.order_fault({"kind": "delay", "seconds": 30}, service="iterable", path="bulkUpdate")
    process = owned.start()
    assert process.stdin is not None
    lines = users(ana(city="Bonn", nickname="Annie", origin="shop"))
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.close()
    process.stdin = None
    deadline = time.monotonic() + 60
    while not look_ups(sandbox) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    owned.finish(process)
    sandbox.control("DELETE", f"/faults?id={fault}")
    assert owned.run(lines).code == 0
    assert owned.run(lines).code == 0
    assert held(sandbox) == {"city": "Bonn", "nickname": "Annie", "origin": "shop"}


@pytest.mark.parametrize("kind", ["drop", "drop_after", "truncate"])
@pytest.mark.parametrize("path", ["byUserId", "bulkUpdate"])
def test_a_broken_connection_changes_nothing_in_the_end(
    owned: LoaderProcess, sandbox: RunningSandbox, path: str, kind: str
) -> None:
    sandbox.order_fault({"kind": kind}, service="iterable", path=path)
    assert owned.run(users(ana(city="Bonn", nickname="Annie", origin="shop"))).code == 0
    assert held(sandbox) == {"city": "Bonn", "nickname": "Annie", "origin": "shop"}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"address.city": "destination"}, "setting field_ownership: no rule can be about address.city"),
        ({"email": "destination"}, "setting field_ownership: no rule can be about email"),
        ({"city": "marketing"}, "setting field_ownership.city must be one of source, destination, first_write"),
    ],
)
def test_a_wrong_rule_is_one_line(loader: LoaderProcess, rules: dict[str, str], said: str) -> None:
    loader.settings["field_ownership"] = rules
    result = loader.run(users())
    assert result.code == 1
    assert said in result.errors[-1]


FIELDS = st.fixed_dictionaries(
    {"city": st.sampled_from(["x", "y"])},
    optional={"nickname": st.sampled_from(["x", "y", None]), "origin": st.sampled_from(["x", "y", None])},
)


@given(history=st.lists(FIELDS, min_size=1, max_size=6))
def test_whatever_comes_owned_fields_keep_their_first_value(history: list[dict[str, Any]]) -> None:
    """The rules alone, over a profile that is kept as Iterable keeps it; the process tests show the rest."""
    profile: dict[str, Any] = {}

    class Profiles:
        def read_many(self, people: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
            return [{"dataFields": dict(profile)} if profile else None for _ in people]

    source = Source(SchemaMessage("users", {}), b"{}", Segment())
    expected: dict[str, Any] = {}
    for position, fields in enumerate(history):
        # Each record in a run of its own: nothing is remembered.
        ownership = FieldOwnership(OWNERS, Profiles())  # type: ignore[arg-type, unused-ignore]  # a stand-in
        (record,) = ownership.apply([Entry({"userId": "1", "dataFields": fields}, b"", "1", source)])
        assert isinstance(record, dict)
        profile.update({name: value for name, value in record["dataFields"].items() if value is not None})
        expected["city"] = fields["city"]
        if fields.get("nickname") is not None:
            expected.setdefault("nickname", fields["nickname"])
        if position == 0 and fields.get("origin") is not None:
            expected["origin"] = fields["origin"]
        assert profile == expected
