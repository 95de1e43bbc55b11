from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tap_commercetools.errors import SettingsError
from tap_commercetools.settings import CONFIG_JSONSCHEMA, REGIONS, Settings
from tap_commercetools.settings_check import fill_defaults_and_list_errors, without_blanks
from tap_commercetools.tap import TapCommercetools

SECRET = "a-very-secret-secret"
REQUIRED = {"project_key": "shop", "client_id": "id", "client_secret": SECRET}
GOOD = {**REQUIRED, "region": "europe-west1.gcp"}


def settings_of(**changes: Any) -> Settings:
    config = without_blanks({**GOOD, **changes})
    assert fill_defaults_and_list_errors(config, CONFIG_JSONSCHEMA) == []
    return Settings.from_config(config)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"client_id": None}, "required but missing: client_id"),
        ({"client_id": "", "client_secret": None}, "required but missing: client_id, client_secret"),
        ({"client_secret": [SECRET]}, "setting client_secret must be of type string"),
        ({"client_secret": 12345678}, "setting client_secret must be of type string"),
        ({"region": "moon"}, f"setting region must be one of {', '.join(REGIONS)}"),
        ({"region": None}, "setting region is missing: set it to one of .* or set both api_url and auth_url"),
        ({"region": None, "api_url": "https://api.example"}, "setting region is missing"),
        ({"api_url": "api.europe-west1"}, "setting api_url must be an address such as https://api"),
        ({"auth_url": "ftp://auth.example"}, "setting auth_url must be an address such as https://api"),
        ({"api_url": f"https://client:{SECRET}@api.example"}, "setting api_url holds a user name or a password"),
        ({"auth_url": "http://auth.example"}, "setting auth_url must begin with https://"),
        ({"page_sise": 3}, "setting page_sise does not exist; is page_size meant?"),
        ({"colour": SECRET}, "setting colour does not exist"),
        ({f"{SECRET} {SECRET}": 1}, r"setting \(a name that is none\) does not exist"),
        ({"client_id": 12345678}, "setting client_id must be of type string"),
        ({"client_id": {"is": SECRET}}, "setting client_id must be of type string"),
        ({"project_key": 12345678}, "setting project_key must be of type string"),
        ({"scopes": [12345678]}, "setting scopes.0 must be of type string"),
        ({"region": SECRET}, "setting region must be one of"),
        ({"start_date": SECRET}, "setting start_date must be a date"),
        ({"page_size": SECRET}, "setting page_size must be of type integer"),
        ({"stream_maps": SECRET}, "setting stream_maps must be of type object"),
        ({"allow_http": SECRET}, "setting allow_http must be of type boolean"),
        ({"payment_method_tokens": SECRET}, "setting payment_method_tokens must be of type boolean"),
        ({"project_key": "my project"}, "setting project_key must match"),
        ({"page_size": 501}, "setting page_size must be at most 500"),
        ({"page_size": 0}, "setting page_size must be at least 1"),
        ({"overlap_seconds": -1}, "setting overlap_seconds must be at least 0"),
        ({"max_parallel_requests": 0}, "setting max_parallel_requests must be at least 1"),
        ({"stores": "de-web"}, "setting stores must be of type array"),
        ({"custom_object_containers": ["a b"]}, "setting custom_object_containers.0 must match"),
        ({"custom_object_containers": ["a-b", "A_B"]}, "two of them would both be the stream custom_objects_a_b"),
        ({"settle_seconds": "60 s"}, "setting settle_seconds must be of type integer"),
        ({"start_date": "yesterday"}, "setting start_date must be a date or a timestamp"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "start_date is later than end_date"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=text) as refused:
        TapCommercetools(config={**GOOD, **changes})
    assert SECRET not in str(refused.value)
    assert "12345678" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("maps", "place"),
    [
        ({"orders": {"total": f"'{SECRET}' +"}}, "orders.total"),
        ({"orders": {"total": 17}}, ""),
        ({"orders": {"id": None}}, "orders.id"),
        ({"orders": {"__filter__": f"'{SECRET}' ("}}, "orders.__filter__"),
        ({"orders": {"__else__": SECRET}}, ""),
        ({"orders": {"__key_properties__": [SECRET]}}, ""),
        ({"orders": 5}, ""),
    ],
)
def test_a_stream_map_that_cannot_be_used_is_named_and_not_repeated(maps: dict[str, Any], place: str) -> None:
    with pytest.raises(SettingsError, match=f"setting stream_maps.*{place}") as refused:
        TapCommercetools(config={**GOOD, "stream_maps": maps})
    assert SECRET not in str(refused.value)


def test_the_region_gives_both_addresses() -> None:
    settings = settings_of(region="us-east-2.aws")
    assert settings.api_url == "https://api.us-east-2.aws.commercetools.com"
    assert settings.auth_url == "https://auth.us-east-2.aws.commercetools.com"


def test_own_addresses_win_and_need_no_region() -> None:
    settings = settings_of(region="", api_url="http://127.0.0.1:8765/commercetools/", auth_url="http://localhost:1")
    assert settings.api_url == "http://127.0.0.1:8765/commercetools"
    assert settings.auth_url == "http://localhost:1"


def test_defaults_are_those_documented() -> None:
    settings = settings_of()
    assert (settings.page_size, settings.settle.seconds, settings.overlap.seconds) == (500, 60, 300)
    assert (settings.start, settings.end, settings.scopes) == (None, None, ())


def test_dates_are_taken_to_the_millisecond_as_queries_are_written() -> None:
    settings = settings_of(start_date="2026-01-31T08:00:00.123456+01:00", end_date="2026-02-01")
    assert settings.start == datetime(2026, 1, 31, 7, 0, 0, 123_000, tzinfo=timezone.utc)
    assert settings.end == datetime(2026, 2, 1, tzinfo=timezone.utc)


def test_scopes_get_the_project_where_they_lack_it() -> None:
    settings = settings_of(scopes=["view_orders", "view_customers:shop"])
    assert settings.scopes == ("view_orders:shop", "view_customers:shop")


def test_the_secret_is_marked_and_never_shown() -> None:
    assert CONFIG_JSONSCHEMA["properties"]["client_secret"]["writeOnly"] is True
    assert SECRET not in repr(settings_of())


def test_every_setting_says_what_it_is() -> None:
    own = TapCommercetools.config_jsonschema["properties"]
    assert all(own[name].get("description") for name in CONFIG_JSONSCHEMA["properties"])


@example({"settle_seconds": 10**14})
@example({"overlap_seconds": 10**14})
@given(st.dictionaries(st.sampled_from(list(CONFIG_JSONSCHEMA["properties"])), st.text() | st.integers() | st.none()))
def test_no_configuration_breaks_the_check_in_another_way(config: dict[str, Any]) -> None:
    try:
        TapCommercetools(config={**GOOD, **config}, setup_mapper=False)
    except SettingsError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is right
