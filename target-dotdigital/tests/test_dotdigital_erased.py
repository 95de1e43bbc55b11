"""People who are to be forgotten: deleted, remembered by hash, and never brought back by a later record."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from delivery.errors import SettingsError
from delivery.testing import record_line, schema_line
from hypothesis import given, settings
from hypothesis import strategies as st
from target_dotdigital.erased_people import ErasedPeople

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

CONTACTS, ORDERS = schema_line("contacts", {}), schema_line("orders", {})
DELETED, CARTS = schema_line("deleted_contacts", {}), schema_line("cart_insight", {})
ANN = {"email": "ann@example.org", "mobileNumber": "447700900001", "shop-id": "c-1"}
WHY = "is about a person who was deleted with 'forget': see the setting erased_people_path"


def contact(matched_by: str = "email", **identifiers: str) -> str:
    yes = {"email": {"status": "subscribed"}} if "email" in identifiers else {}
    record = {"matchIdentifier": matched_by, "identifiers": identifiers, "channelProperties": yes}
    return record_line("contacts", record)


def order(key: str, name: str, value: str) -> str:
    json = {"id": key, "order_total": 10}
    record = {"key": key, "contactIdentity": {"identifier": name, "value": value}, "json": json}
    return record_line("orders", record)


def wishes() -> str:
    return schema_line("program_enrolments", {})


def enrol(program: str | int = 1, **identifier: Any) -> str:
    return record_line("program_enrolments", {"program": program, **identifier})


def cart(key: str, name: str, value: str) -> str:
    json = {
        "cartId": key,
        "cartPhase": "ORDER_PENDING",
        "modifiedDate": datetime.now(tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lineItems": [{"sku": "HAT-9", "quantity": 1}],
    }
    identity = {"identifier": name, "value": value}
    return record_line("cart_insight", {"key": key, "contactIdentity": identity, "json": json})


def forget(**identifier: Any) -> str:
    return record_line("deleted_contacts", {**identifier, "forget": True})


def addresses(sandbox: RunningSandbox) -> list[str]:
    return [item["identifiers"].get("email", "") for item in sandbox.snapshot("dotdigital")["contacts"]]


def test_who_is_forgotten_is_brought_back_by_no_identifier_and_no_order(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path
) -> None:
    path = tmp_path / "state" / "erased"
    process = loader(erased_people_path=str(path))
    first = process.run(
        [CONTACTS, contact(**ANN), contact(email="bo@example.org"), DELETED, forget(**{"shop-id": "c-1"})]
    )
    assert first.code == 0, first.log
    assert first.counts("deleted_contacts") == (1, 1, 0, 0)
    assert addresses(sandbox) == ["bo@example.org"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    lines = path.read_text().splitlines()
    assert hashlib.sha256(b"email ann@example.org").hexdigest() in lines
    assert "ann" not in path.read_text()

    later = process.run(
        [
            CONTACTS,
            contact(email="ANN@example.org"),
            contact("mobileNumber", mobileNumber="+447700900001"),
            contact("shop-id", **{"shop-id": "c-1", "email": "new@example.org"}),
            contact(email="bo@example.org"),
            ORDERS,
            order("O-1", "email", "Ann@example.org"),
            order("O-2", "email", "bo@example.org"),
        ]
    )
    assert later.code == 0, later.log
    assert later.counts("contacts") == (4, 1, 0, 3)
    assert later.counts("orders") == (2, 1, 0, 1)
    assert later.reasons("contacts", "skipped") == {WHY: 3}
    assert addresses(sandbox) == ["bo@example.org"]
    assert sandbox.snapshot("dotdigital")["recycle_bin"] == ["ann@example.org"]
    assert list(sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"]) == ["O-2"]
    assert "ann" not in (first.log + later.log).lower()


def test_who_is_forgotten_is_enrolled_by_no_identifier_and_no_cart(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path
) -> None:
    process = loader(erased_people_path=str(tmp_path / "erased"), cart_insight_program=1)
    bo = contact(**{"email": "bo@example.org", "shop-id": "c-2"})
    gone = process.run([CONTACTS, bo, DELETED, forget(email=ANN["email"])])
    assert gone.code == 0, gone.log
    # Somebody puts the person into the account by hand, with identifiers that the loader has never seen.
    (number,) = sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": ANN}])["contact_ids"]
    result = process.run(
        [
            wishes(),
            enrol("Welcome", email="ANN@example.org"),
            enrol(1, mobileNumber="+447700900001"),
            enrol(1, **{"shop-id": "c-1"}),
            enrol(1, contactId=number),
            CARTS,
            cart("c-1", "email", ANN["email"]),
            cart("c-2", "contactId", str(number)),
        ]
    )
    assert result.code == 0, result.log
    assert result.counts("program_enrolments") == (4, 0, 0, 4)
    assert result.reasons("program_enrolments", "skipped") == {WHY: 4}
    assert result.counts("cart_insight")[2:] == (0, 1)
    assert result.reasons("cart_insight", "noticed")[f"not enrolled: {WHY}"] == 1
    assert sandbox.snapshot("dotdigital")["program_members"] == {}
    assert "ann" not in (gone.log + result.log).lower()


def test_who_is_forgotten_later_in_the_same_run_is_not_enrolled_before(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path
) -> None:
    process = loader(erased_people_path=str(tmp_path / "erased"))
    ann = {"email": "ann@example.org"}
    result = process.run([CONTACTS, contact(**ann), wishes(), enrol(**ann), DELETED, forget(**ann)])
    assert result.code == 0, result.log
    assert result.reasons("program_enrolments", "skipped") == {WHY: 1}
    assert sandbox.snapshot("dotdigital")["program_members"] == {}
    assert addresses(sandbox) == []


def test_a_record_read_after_the_deletion_does_not_overtake_it(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path
) -> None:
    lines = [CONTACTS, contact(email="ann@example.org"), DELETED, forget(email="ann@example.org")]
    result = loader(erased_people_path=str(tmp_path / "erased")).run([*lines, contact(email="ann@example.org")])
    assert result.counts("contacts") == (2, 1, 0, 1)
    assert addresses(sandbox) == []


def test_who_is_not_there_is_remembered_all_the_same(sandbox: RunningSandbox, loader: Loader, tmp_path: Path) -> None:
    process = loader(erased_people_path=str(tmp_path / "erased"))
    assert process.run([DELETED, forget(email="ann@example.org")]).counts("deleted_contacts") == (1, 1, 0, 0)
    assert process.run([CONTACTS, contact(email="ann@example.org")]).counts("contacts") == (1, 0, 0, 1)
    assert addresses(sandbox) == []


def test_a_person_is_remembered_before_the_deletion_which_is_done_again_after_a_crash(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path
) -> None:
    process = loader(erased_people_path=str(tmp_path / "erased"))
    assert process.run([CONTACTS, contact(email="ann@example.org")]).code == 0
    sandbox.order_fault({"kind": "respond", "status": 401}, service="dotdigital", path="contacts/v3/delete", times=1)
    lines = [DELETED, forget(email="ann@example.org")]
    assert process.run(lines).code == 1
    assert process.run([CONTACTS, contact(email="ann@example.org")]).counts("contacts") == (1, 0, 0, 1)
    again = process.run(lines)
    assert again.code == 0, again.log
    assert addresses(sandbox) == []


def test_without_the_setting_people_are_deleted_and_the_summary_says_what_is_missing(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    process = loader(max_rejects=1)
    plain = record_line("deleted_contacts", {"email": "bo@example.org"})
    people = [CONTACTS, contact(email="ann@example.org"), contact(email="bo@example.org")]
    bad = record_line("deleted_contacts", {"forget": True})
    result = process.run([*people, DELETED, forget(email="ann@example.org"), plain, bad])
    assert result.counts("deleted_contacts") == (3, 2, 1, 0)
    (notice,) = result.reasons("deleted_contacts", "noticed").items()
    assert notice[0].startswith("were deleted but not remembered")
    assert notice[1] == 1
    assert addresses(sandbox) == []
    # Plain deletion: a later record of the person brings it back, as Dotdigital does.
    assert process.run(people[:2]).counts("contacts") == (1, 1, 0, 0)
    assert addresses(sandbox) == ["ann@example.org"]


def test_a_dry_run_remembers_nobody(loader: Loader, tmp_path: Path) -> None:
    path = tmp_path / "erased"
    assert loader(erased_people_path=str(path), dry_run=True).run([DELETED, forget(email="a@example.org")]).code == 0
    assert not path.exists()


def test_a_line_cut_short_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "erased"
    ErasedPeople(path).remember([{"email": "a@x.org"}])
    with path.open("ab") as file:
        file.write(b"0123abc")
    ErasedPeople(path).remember([{"email": "b@x.org"}])
    people = ErasedPeople(path)
    assert people.has({"email": "A@x.org"})
    assert people.has({"email": "b@x.org"})
    assert not people.has({"email": "c@x.org"})


def test_a_file_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    people = ErasedPeople(None)
    people.remember([{"email": "a@x.org"}])
    assert not people.has({"email": "a@x.org"})
    with pytest.raises(SettingsError, match="cannot be"):
        ErasedPeople(tmp_path / "file" / "erased").remember([{"email": "a@x.org"}])


identifiers = st.dictionaries(
    st.sampled_from(["email", "mobileNumber", "shop-id"]), st.text(min_size=1, max_size=12), min_size=1
)


@settings(deadline=None)  # each example writes a file to disk
@given(st.lists(identifiers, max_size=5), identifiers)
def test_who_shares_an_identifier_with_somebody_remembered_is_known_and_nobody_else(
    tmp_path_factory: pytest.TempPathFactory, remembered: list[dict[str, str]], person: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("erased") / "people"
    ErasedPeople(path).remember(remembered)

    def compared(name: str, value: str) -> tuple[str, str]:
        text = value.strip()
        return name, text.lower() if name == "email" else text.removeprefix("+") if name == "mobileNumber" else text

    known = {compared(*item) for one in remembered for item in one.items()}
    assert ErasedPeople(path).has(person) is any(compared(*item) in known for item in person.items())
