"""Many contacts are looked up in pages of all contacts: few calls, and the same knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlencode

import pytest
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from delivery.redaction import Redaction
from delivery.testing import record_line, schema_line
from dotdigital_records import evidence
from hypothesis import given, settings
from hypothesis import strategies as st
from target_dotdigital.answers import Answer
from target_dotdigital.contact_directory import LOOK_UPS_WORTH_A_DIRECTORY, PAGE, ContactDirectory
from target_dotdigital.contact_lookup import ContactLookup, ContactState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess
    from target_dotdigital.client import DotdigitalClient

    Loader = Callable[..., LoaderProcess]

SCHEMA = schema_line("contacts", {})
PEOPLE = 1_500


def person(number: int, **members: Any) -> str:
    identifiers = {"email": f"p{number}@example.org"}
    fields = {"FIRSTNAME": f"P{number}"}
    record = {"matchIdentifier": "email", "identifiers": identifiers, "dataFields": fields, **members}
    return record_line("contacts", record)


def yes(number: int) -> str:
    channels = {"email": {"status": "subscribed"}}
    return person(number, channelProperties=channels, consentRecords=[evidence()])


def calls(sandbox: RunningSandbox, seen: int) -> list[tuple[str, str]]:
    entries = sandbox.requests(service="dotdigital")[seen:]
    return [(entry["method"], entry["path_template"]) for entry in entries]


@pytest.mark.parametrize("write", [person, yes], ids=["nothing known", "yes with evidence"])
def test_a_first_run_and_its_repetition_take_a_handful_of_calls(
    sandbox: RunningSandbox, loader: Loader, write: Callable[[int], str]
) -> None:
    lines = [SCHEMA, *map(write, range(PEOPLE))]
    held = []
    for _ in range(2):
        seen = len(sandbox.requests(service="dotdigital"))
        result = loader(list="Everybody").run(lines)
        assert result.code == 0, result.log
        assert result.counts("contacts") == (PEOPLE, PEOPLE, 0, 0)
        made = calls(sandbox, seen)
        assert not [call for call in made if call == ("POST", "/contacts/v3") or "{identifier}" in call[1]]
        # Four lanes: an import each with a few polls and a page or two; and six questions about the account.
        assert len(made) < 60, made
        held.append(sandbox.snapshot("dotdigital")["contacts"])
    assert held[0] == held[1]
    assert {contact["status"] for contact in held[0]} == {"unsubscribed" if write is person else "subscribed"}
    assert {len(contact["consentRecords"]) for contact in held[0]} == {0 if write is person else 1}


def test_an_account_that_does_not_list_its_contacts_is_asked_one_by_one(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.order_fault(
        {"kind": "respond", "status": 400, "body": {"errorCode": "contacts:invalidFilter"}},
        service="dotdigital",
        method="GET",
        path="contacts/v3$",
        times=None,
        skip=1,
    )
    result = loader().run([SCHEMA, *map(person, range(300))])
    assert result.code == 0, result.log
    contacts = sandbox.snapshot("dotdigital")["contacts"]
    assert {contact["status"] for contact in contacts} == {"unsubscribed"}
    assert len(contacts) == 300


def test_who_is_deleted_in_a_run_comes_back_as_somebody_new(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run([SCHEMA, *map(yes, range(50))]).code == 0
    gone = [record_line("deleted_contacts", {"email": f"p{number}@example.org"}) for number in range(50)]
    # A full batch of deletions is done before what follows.
    lines = [SCHEMA, *map(person, range(100, 500)), schema_line("deleted_contacts", {}), *gone, *map(person, range(50))]
    result = loader(batch_size_rows=50).run(lines)
    assert result.code == 0, result.log
    assert result.counts("deleted_contacts") == (50, 50, 0, 0)
    statuses = {
        contact["identifiers"]["email"]: contact["status"] for contact in sandbox.snapshot("dotdigital")["contacts"]
    }
    assert {statuses[f"p{number}@example.org"] for number in range(50)} == {"unsubscribed"}


class InProcess:
    """A client that speaks with an account in the same process, and counts its pages."""

    def __init__(self) -> None:
        self.account = InProcessDotdigital()
        self.redaction = Redaction([])
        self.budgets = self
        self.contact_pages = self.contact_reads = None
        self.pages = 0

    def ask(self, method: str, path: str, *, parameters: Mapping[str, str] | None = None, **_: object) -> Answer:
        assert method == "GET"
        self.pages += path == "/contacts/v3"
        query = f"?{urlencode(parameters)}" if parameters else ""
        reply = self.account.get(path + query)
        return Answer(reply.status, data=reply.json)


def directory_and_lookup() -> tuple[InProcess, ContactDirectory, ContactLookup]:
    client = InProcess()
    speaking = cast("DotdigitalClient", client)
    return client, ContactDirectory(speaking), ContactLookup(speaking)


emails = st.sampled_from([f"{name}@example.org" for name in "abcd"])
shops = st.sampled_from(["1", "2", "3"])
statuses = st.sampled_from([None, "subscribed", "unsubscribed"])
writes = st.tuples(st.sampled_from(["email", "shop"]), emails, shops, statuses, st.booleans())
Write: TypeAlias = "tuple[str, str, str, str | None, bool]"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(writes, max_size=4), min_size=1, max_size=4))
def test_the_directory_knows_what_single_look_ups_tell(
    turns: list[list[Write]],
) -> None:
    client, directory, lookup = directory_and_lookup()
    client.account.post("/configuration/v3/customIdentifiers", {"name": "shop"})
    for turn in turns:
        for matched, email, shop, status, with_evidence in turn:
            contact: dict[str, Any] = {"matchIdentifier": matched, "identifiers": {"email": email, "shop": shop}}
            if matched == "email" and shop == "3":
                del contact["identifiers"]["shop"]
            if status:
                contact["channelProperties"] = {"email": {"status": status}}
            if with_evidence:
                contact["consentRecords"] = [evidence(f"yes {shop}")]
            client.account.import_contacts(contact)
        assert directory.ready_for(LOOK_UPS_WORTH_A_DIRECTORY)
        asked = [evidence(f"yes {shop}") for shop in "123"]
        for name, value in [("email", f"{letter}@example.org") for letter in "abcd"] + [("shop", n) for n in "123"]:
            alone = lookup.read(name, value)
            address = alone.address if alone is not None else ""
            assert directory.read(name, value.upper(), address=address, consents=asked) == alone


def test_an_address_that_is_not_the_contacts_is_told_so() -> None:
    client, directory, _ = directory_and_lookup()
    client.account.import_contacts({"matchIdentifier": "email", "identifiers": {"email": "a@example.org"}})
    assert directory.ready_for(LOOK_UPS_WORTH_A_DIRECTORY)
    state = directory.read("email", "a@example.org", address="b@example.org")
    assert state is not None
    assert state.address == ""
    directory.forget("email a@example.org")
    assert directory.read("email", "a@example.org") is None


def test_a_directory_is_read_when_it_is_worth_its_pages_and_given_up_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, directory, _ = directory_and_lookup()
    contacts = [{"matchIdentifier": "email", "identifiers": {"email": f"p{n}@example.org"}} for n in range(30)]
    client.account.import_contacts(*contacts)
    assert not directory.ready_for(LOOK_UPS_WORTH_A_DIRECTORY - 1)
    assert client.pages == 0
    monkeypatch.setattr("target_dotdigital.contact_directory.PAGE", 1)
    # Thirty pages would be worth three hundred look-ups: it stops after twenty, and does not try again soon.
    assert not directory.ready_for(1)
    assert client.pages == LOOK_UPS_WORTH_A_DIRECTORY // 10
    assert not directory.ready_for(200)
    assert client.pages == LOOK_UPS_WORTH_A_DIRECTORY // 10
    monkeypatch.setattr("target_dotdigital.contact_directory.PAGE", PAGE)
    assert directory.ready_for(1_000)
    assert directory.read("email", "P7@example.org") == ContactState(
        {"email": "subscribed"}, holds=frozenset({"email"})
    )
