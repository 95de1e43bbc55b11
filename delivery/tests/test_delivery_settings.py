"""What is said about wrong settings: which, what rule, what to do; never what they hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from delivery.errors import SettingsError
from delivery.private_files import can_be_written, make_private_folder
from delivery.settings import check_url, read_environment
from singer_sdk.exceptions import ConfigValidationError

sys.path.insert(0, str(Path(__file__).parent))
from recording_target import RecordingTarget

SECRET = "4711081599"
RIGHT: dict[str, Any] = {"sink": {"path": "x"}}


def said_about(settings: dict[str, Any]) -> str:
    with pytest.raises(ConfigValidationError) as caught:
        RecordingTarget(config={**RIGHT, **settings}, validate_config=True)
    return "; ".join(caught.value.errors) + str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"password": int(SECRET)}, "setting password must be a text, and is a number; write it in quotes"),
        ({"password": [SECRET]}, "setting password must be a text, and is a list; write it in quotes"),
        ({"password": {"value": SECRET}}, "setting password must be a text, and is an object"),
        ({"password": True}, "setting password must be a text, and is true or false"),
        ({"max_rejects": SECRET}, "setting max_rejects must be a whole number, and is a text"),
        ({"max_rejects": -int(SECRET)}, "setting max_rejects must be at least 0"),
        ({"mapper": {"config": {"key": SECRET}}}, "mapper.name is required"),
        ({"mapper": {"name": "x", "key": SECRET}}, "unknown settings are not allowed in mapper: 'key'"),
        ({"dry_run": SECRET}, "setting dry_run must be true or false, and is a text"),
        ({"streams": SECRET}, "setting streams must be an object, and is a text"),
        ({"stream_maps": {"__else__": SECRET}}, "setting stream_maps.__else__ is not of a form that is known here"),
        (
            {"stream_maps": {"people": {"__else__": 7}}},
            "setting stream_maps.people is not of a form",
        ),
    ],
)
def test_no_error_about_a_setting_shows_what_it_holds(settings: dict[str, Any], said: str) -> None:
    text = said_about(settings)
    assert said in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("max_rejects", f"abc{SECRET}", "what JSON calls integer"),
        ("sink", f"{{'path': '{SECRET}'}}", "what JSON calls object"),
        ("mapper", f"name: {SECRET}", "what JSON calls object"),
    ],
)
def test_a_wrong_environment_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, wanted: str
) -> None:
    monkeypatch.setenv(f"TARGET_RECORDING_{setting.upper()}", value)
    with pytest.raises(SettingsError) as caught:
        read_environment(RecordingTarget.config_jsonschema, "target-recording")
    assert f"setting {setting}: the environment variable TARGET_RECORDING_{setting.upper()} must hold {wanted}" in str(
        caught.value
    )
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "https://api.example.com/base",
        "http://127.0.0.1:8765/iterable",
        "http://127.8.9.1",
        "http://localhost:1",
        "http://[::1]:8765",
    ],
)
def test_urls_that_data_may_go_to(url: str) -> None:
    assert check_url("api_url", url, allow_http=False) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"https://ana:{SECRET}@api.example.com", "must not hold credentials"),
        (f"https://{SECRET}@api.example.com", "must not hold credentials"),
        (f"https://@api.example.com/{SECRET}", "must not hold credentials"),
        (f"http://api.example.com/{SECRET}", "set allow_http"),
        (f"http://192.168.0.1/{SECRET}", "set allow_http"),
        (f"http://127.0.0.1.{SECRET}.example", "set allow_http"),
        (f"ftp://{SECRET}.example", "must be a URL such as"),
        (f"//{SECRET}.example", "must be a URL such as"),
        (f"https://[{SECRET}", "must be a URL such as"),
        (f"https://api.example.com:{SECRET}", "must be a URL such as"),
        (f"https://api.example.com?key={SECRET}", "must be a URL such as"),
        ("https://", "must be a URL such as"),
        ("", "must be a URL such as"),
    ],
)
def test_urls_that_data_may_not_go_to(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"^setting api_url ") as caught:
        check_url("api_url", url, allow_http=False)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_http_to_another_machine_is_a_decision() -> None:
    assert check_url("api_url", "http://gateway.internal", allow_http=True) == "http://gateway.internal"
    with pytest.raises(SettingsError, match="credentials"):
        check_url("api_url", "http://a:b@gateway.internal", allow_http=True)


def test_folders_are_made_for_their_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = tmp_path / "a" / "b"
    assert can_be_written(folder)
    assert not (tmp_path / "a").exists()
    make_private_folder(folder)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "a", folder)] == [0o755, 0o700, 0o700]


def test_a_file_is_no_folder_to_write_into(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not can_be_written(tmp_path / "file")
    assert not can_be_written(tmp_path / "file" / "below")


def test_a_setting_of_null_is_not_set() -> None:
    target = RecordingTarget(config={**RIGHT, "stream_maps": None, "max_rejects": None, "mapper": None})
    assert (target.config["max_rejects"], "stream_maps" in target.config) == (0, False)
