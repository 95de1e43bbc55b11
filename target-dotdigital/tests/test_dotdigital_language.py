"""Accounts in another language, whose built-in data fields have translated names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.testing import RunningSandbox, running_sandbox
from delivery.testing import record_line, schema_line, state_line
from dotdigital_account import make_data_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]


@pytest.fixture(params=["de-DE", "nl-NL"])
def translated(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    with running_sandbox(dotdigital=DotdigitalSettings(locale=request.param)) as sandbox:
        yield sandbox


def lines(**fields: Any) -> list[str]:
    contact = {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}, "dataFields": fields}
    return [schema_line("contacts", {}), record_line("contacts", contact), state_line({"done": True})]


def names(sandbox: RunningSandbox) -> set[str]:
    return {field["name"] for field in sandbox.snapshot("dotdigital")["data_fields"]}


@pytest.mark.parametrize("dry_run", [False, True])
def test_no_second_field_is_made_beside_the_accounts_own(
    translated: RunningSandbox, loader: Loader, *, dry_run: bool
) -> None:
    before = names(translated)
    process = loader(api_url=translated.service_url("dotdigital"), dry_run=dry_run)
    result = process.run(lines(POINTS=1, FirstName="Ann"))
    assert result.code == 1
    (error,) = result.errors
    assert "a new field FIRSTNAME would stand beside its own" in error
    assert "mapper.config.dotdigital_fields" in error
    assert "stream_maps" in error
    assert result.states == []
    assert names(translated) == before
    assert translated.snapshot("dotdigital")["contacts"] == []


def test_the_accounts_own_names_are_written_and_so_is_a_field_made_by_hand(
    translated: RunningSandbox, loader: Loader
) -> None:
    process = loader(api_url=translated.service_url("dotdigital"))
    own = {"VORNAME", "VOORNAAM"} & names(translated)
    for fields in ({own.pop(): "Ann", "POSTCODE" if "POSTCODE" in names(translated) else "POINTS": "1234"}, {}):
        assert process.run(lines(**fields, FULLNAME=None)).code == 0
    assert "FULLNAME" not in names(translated)
    make_data_field(translated, "FIRSTNAME")
    assert process.run(lines(FIRSTNAME="Ann", LASTNAME="Lee")).code == 0
    (ann,) = translated.snapshot("dotdigital")["contacts"]
    assert ann["dataFields"]["FIRSTNAME"] == "Ann"


def test_an_english_account_that_lacks_one_of_its_fields_is_not_taken_for_another(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    listed = {"kind": "respond", "status": 200, "body": [{"name": "FIRSTNAME", "type": "String"}]}
    sandbox.order_fault(listed, service="dotdigital", method="GET", path="v2/data-fields")
    result = loader().run(lines(GENDER="d"))
    assert result.code == 0, result.log
    assert sandbox.snapshot("dotdigital")["contacts"][0]["dataFields"] == {"GENDER": "d"}
