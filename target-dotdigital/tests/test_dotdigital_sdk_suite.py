"""The suite every SDK target is expected to pass, with what arrived read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_target_test_class
from target_dotdigital.target import TargetDotdigital

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

SETTINGS: dict[str, Any] = {
    "username": "apiuser-sandbox@apiconnector.com",
    "password": "sandbox-password",
    "poll_seconds": 0.05,
    "api_url": "http://127.0.0.1:9",
}
ARRIVED = {
    "array_data": {"test_array_data": 4},
    "camelcase": {"TestCamelcase": 2},
    "duplicate_records": {"test_duplicate_records": 2},
    "encoded_string_data": {"test_strings": 11, "test_strings_in_arrays": 6, "test_strings_in_objects": 11},
    "no_primary_keys": {"test_no_pk": 3},
    "optional_attributes": {"test_optional_attributes": 4},
    "pk_updates": {"example_stream": 2},
    "record_missing_fields": {"record_missing_fields": 2},
    "schema_no_properties": {"test_object_schema_no_properties": 2, "test_object_schema_with_properties": 2},
    "schema_updates": {"test_schema_updates": 6},
    "special_chars_in_attributes": {"test_SpecialChars_in_attributes": 1},
}
"""How many records each recorded input leaves in which collection."""


@pytest.fixture(autouse=True)
def account(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(SETTINGS, "api_url", sandbox.service_url("dotdigital"))
    yield
    expected = ARRIVED.get(request.node.name.removeprefix("test_target_"))
    if expected is not None:
        collections = sandbox.snapshot("dotdigital")["collections"]
        assert {name: len(held["records"]) for name, held in collections.items()} == expected


TestTheTarget = get_target_test_class(
    target_class=TargetDotdigital, config=SETTINGS, suite_config=SuiteConfig(max_records_limit=None)
)
