"""Wrong settings, credentials and input: one clear line and a non-zero exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import target_dotdigital.target
from delivery.errors import AccessRefused, SettingsError
from delivery.testing import record_line, schema_line
from in_process_loader import run
from target_dotdigital.region import is_vendors_host
from target_dotdigital.target import TargetDotdigital

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

PERSON = {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}}
INPUT = [schema_line("contacts", {}), schema_line("cart_insight", {}), record_line("contacts", PERSON)]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"password": "wrong"}, "check the settings username and password"),
        ({"region": "r9"}, "region"),
        ({"resubscribe": "sometimes"}, "resubscribe"),
        ({"match_by": "customer number"}, "match_by"),
        ({"field_ownership": {"FIRSTNAME": "s3cret"}}, "field_ownership"),
        ({"erased_people_path": "/"}, "setting erased_people_path: the file cannot be read"),
        ({"lists": "s3cret"}, "'lists'"),
        ({"list": ""}, "setting list: a name has 1 to 128 characters"),
        ({"list": 999_999}, "setting list: Dotdigital has no list of that number"),
        ({"cart_insight_program": "s3cret"}, "setting cart_insight_program: Dotdigital has no program of this name"),
        ({"api_url": "https://user:s3cret@api.example.com"}, "setting api_url must not hold credentials"),
        ({"api_url": "http://api.example.com"}, "setting api_url begins with http://"),
        ({"password": 12345}, "password"),
        ({"list": "Test"}, "setting list: Dotdigital keeps a list of this name for itself"),
        ({"collections": {"visits": {}}}, "collections"),
        ({"streams": {"contacts_*": "people"}}, "setting streams.contacts_*: must be one of contacts"),
        ({"streams": {"a": {"to": "insight", "collection": "1x"}}}, "setting streams.a.collection"),
        ({"streams": {"a": {"to": "insight", "scope": "contact"}}}, "setting streams.a.contact"),
        ({"streams": {"a": {"to": "insight", "keys": ["id"]}}}, "setting streams.a: has no member keys"),
    ],
)
def test_a_wrong_setting_ends_in_one_line(
    sandbox: RunningSandbox, loader: Loader, changes: dict[str, Any], text: str
) -> None:
    result = loader(**changes).run(INPUT)
    assert result.code == 1
    (error,) = result.errors
    assert text in error
    assert "Traceback" not in result.log
    assert not any(value in result.log for value in ("ann@example.org", "s3cret", "999999", "12345"))
    assert sandbox.snapshot("dotdigital")["collections"] == {}


def test_a_host_that_nobody_answers_at_is_told(settings: dict[str, Any], tmp_path: Path) -> None:
    ended = run(settings, tmp_path, [], api_url="http://127.0.0.1:9")
    assert "the connection was refused or broke" in str(ended.error)


def test_the_wrong_region_is_told_so(sandbox: RunningSandbox, loader: Loader) -> None:
    wrong = loader(api_url=f"{sandbox.service_url('dotdigital')}/r2").run(INPUT)
    assert wrong.code == 1
    assert "region" in wrong.errors[0]


def test_the_account_is_found_from_any_region(
    sandbox: RunningSandbox, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = f"{sandbox.service_url('dotdigital')}/r1"
    sandbox.control("POST", "/dotdigital/settings", {"api_endpoint": f"{home}/"})
    monkeypatch.setattr(target_dotdigital.target, "host_of", lambda _: sandbox.service_url("dotdigital") + "/r3")
    # Its hosts are not the vendor's: that such are refused is tested below.
    monkeypatch.setattr(target_dotdigital.target, "is_vendors_host", lambda _: True)
    own = {name: value for name, value in settings.items() if name != "api_url"} | {"rejects_path": str(tmp_path)}
    target = TargetDotdigital(config=own)
    target.connect()
    assert target._client.base_url == home
    elsewhere = TargetDotdigital(config={**own, "region": "r3"})
    with pytest.raises(SettingsError, match="setting region: the account lives at"):
        elsewhere.connect()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://r2-api.dotdigital.com/",
        "https://r2-api.dotdigital.com.elsewhere.example",
        "https://elsewhere.example/.dotdigital.com",
        "https://elsewhere.example\\.dotdigital.com",
        "https://r2-api.dotdigital.com@elsewhere.example",
        "https://r2-api.dotdigital.com:8443",
        "https://dotdigital.com",
        "https://notdotdigital.com",
        "ftp://r2-api.dotdigital.com",
    ],
)
def test_credentials_go_to_no_host_that_is_not_the_vendors(
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"api_endpoint": endpoint})
    monkeypatch.setattr(target_dotdigital.target, "host_of", lambda _: sandbox.service_url("dotdigital"))
    own = {name: value for name, value in settings.items() if name != "api_url"} | {"rejects_path": str(tmp_path)}
    target = TargetDotdigital(config=own)
    seen = len(sandbox.requests())
    with pytest.raises(AccessRefused, match="no credentials are sent there"):
        target.connect()
    assert target._client.base_url == sandbox.service_url("dotdigital")
    assert [call["path"] for call in sandbox.requests()[seen:]] == ["/v2/account-info"]


@pytest.mark.parametrize("url", ["https://r2-api.dotdigital.com", "https://R3-api.dotdigital.com"])
def test_hosts_of_the_vendor_are_its_own(url: str) -> None:
    assert is_vendors_host(url)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"status": 404}, "moved to unified contacts"),
        ({"status": 400, "body": {"errorCode": "contacts:notAvailable", "description": "-"}}, "unified contacts"),
        ({"status": 403, "body": {"message": "Error: ERROR_FEATURENOTACTIVE"}}, "ERROR_FEATURENOTACTIVE"),
    ],
)
def test_an_account_without_version_3_is_refused_before_anything_is_written(
    sandbox: RunningSandbox, loader: Loader, answer: dict[str, Any], text: str
) -> None:
    seen = len(sandbox.requests(service="dotdigital"))
    fault = {"kind": "respond", **answer}
    sandbox.order_fault(fault, service="dotdigital", path="contacts/v3", times=None)
    result = loader(list="Everybody").run(INPUT)
    assert result.code == 1
    (error,) = result.errors
    assert text in error
    assert {call["method"] for call in sandbox.requests(service="dotdigital")[seen:]} == {"GET"}


def test_check_tells_whether_the_credentials_work(loader: Loader) -> None:
    assert loader().run([], "--check").code == 0
    assert loader(password="wrong").run([], "--check").code == 1


@pytest.mark.parametrize("line", ["ann@example.org says hello", '{"type": "RECORD", "stream": "contacts"}', '{"a": 1}'])
def test_malformed_input_ends_in_one_line_that_repeats_nothing(loader: Loader, line: str) -> None:
    result = loader().run([*INPUT[:1], line])
    assert result.code == 1
    (error,) = result.errors
    assert "line 2" in error
    assert "ann@" not in result.log
