from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.addresses import check_url, is_this_machine, redirected
from tap_commercetools.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user:pass-42@api.example", "holds a user name or a password"),
        ("https://user@api.example", "holds a user name or a password"),
        ("https://:pass-42@api.example/x", "holds a user name or a password"),
        ("http://api.example", "must begin with https://"),
        ("http://10.0.0.1:8080", "must begin with https://"),
        ("http://127.0.0.1.evil.example", "must begin with https://"),
        ("http://localhost.evil.example", "must begin with https://"),
        ("ftp://api.example", "must be an address such as"),
        ("https://", "must be an address such as"),
        ("https://api.example:port", "must be an address such as"),
        ("https://[::1", "must be an address such as"),
        ("https://api.example/?key=pass-42", "must be an address such as"),
        ("https://api.example\\@evil.example", "must be an address such as"),
        ("pass-42", "must be an address such as"),
    ],
)
def test_an_address_that_credentials_must_not_go_to_is_refused(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"setting api_url {said}") as refused:
        check_url("api_url", url, allow_http=False)
    assert "pass-42" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.example", "http://localhost:1", "http://127.0.0.9", "http://[::1]:80/x", "HTTPS://api.example:444"],
)
def test_others_are_taken_without_a_slash_at_the_end(url: str) -> None:
    assert check_url("api_url", f"{url}/", allow_http=False) == url


def test_http_to_another_machine_needs_to_be_said() -> None:
    assert check_url("api_url", "http://emulator:8080/ct/", allow_http=True) == "http://emulator:8080/ct"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "::1"])
def test_this_machine_is_known_by_its_name(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://a.example/x", "/y?z=1", "https://a.example/y?z=1"),
        ("https://a.example/x", "https://a.example:443/y", "https://a.example:443/y"),
        ("http://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("http://127.0.0.1:80/x", "/y", "http://127.0.0.1:80/y"),
        ("https://a.example/x", "http://a.example/x", None),
        ("http://a.example/x", "/y", None),
        ("https://a.example/x", "https://a.example:444/x", None),
        ("https://a.example/x", "https://b.example/x", None),
        ("https://a.example/x", "https://a.example.b.example/x", None),
        ("https://a.example/x", "//b.example", None),
        ("https://a.example/x", "https://a.example@b.example/", None),
        ("https://a.example/x", "https://u@a.example/", None),
        ("https://a.example/x", "javascript:1", None),
        ("https://a.example/x", "", None),
        ("https://a.example/x", "https://[", None),
        ("https://a.example/x", "https://a.example:99999/", None),
    ],
)
def test_credentials_follow_on_the_same_host_and_encrypted(url: str, location: str, target: str | None) -> None:
    assert redirected(url, location) == target


@given(st.text() | st.text("htps:/@.[]a1", max_size=40))
def test_no_text_breaks_the_check(text: str) -> None:
    target = redirected("https://a.example/x", text)
    assert target is None or target.startswith("https://a.example")
    try:
        check_url("api_url", text, allow_http=True)
    except SettingsError as refused:
        assert "setting api_url" in str(refused)  # noqa: PT017 - either outcome is right
