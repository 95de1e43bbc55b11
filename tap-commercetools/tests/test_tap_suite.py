"""The SDK's own suite, with what it leaves out."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from running_the_tap import catalog_of
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_commercetools.streams import stream_definitions
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from singer_sdk.testing.runners import TapTestRunner

CONFIG: dict[str, Any] = {
    "project_key": "sandbox-shop",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "api_url": "http://127.0.0.1:1",
    "auth_url": "http://127.0.0.1:1",
    "settle_seconds": 0,
    "custom_object_containers": ["branches"],
    "deletions_enabled": True,
}
"""The addresses are those of the running sandbox once there is one; discovery needs none."""

HANDLERS = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
MOST_RECORDS = 30
NAMES = [definition.name for definition in stream_definitions(CONFIG)]
_Suite = get_tap_test_class(
    TapCommercetools,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=MOST_RECORDS),
    catalog=catalog_of(*NAMES, config=CONFIG),
)
for _number, _handler in HANDLERS.items():
    signal.signal(_number, _handler)


@pytest.fixture(scope="module", autouse=True)
def _running(session_sandbox: RunningSandbox) -> Iterator[None]:
    session_sandbox.clear_faults()
    session_sandbox.control("POST", "/reset")
    session_sandbox.control("POST", "/commercetools/changes", {"delete_customers": 2, "unpublish_products": 1})
    session_sandbox.advance_clock(2)
    CONFIG.update(dict.fromkeys(("api_url", "auth_url"), session_sandbox.service_url("commercetools")))
    yield
    for number, handler in HANDLERS.items():
        signal.signal(number, handler)


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records")  # optional fields
@pytest.mark.filterwarnings("ignore:No records were available to test")  # fields that no row of the sandbox has
class TestTapCommercetools(_Suite):  # type: ignore[valid-type,misc] # made at run time
    def test_records_of_a_stream_have_keys_of_their_own(self, runner: TapTestRunner) -> None:
        for definition in stream_definitions(CONFIG):
            records = runner.records[definition.name]
            keys = [tuple(record[field] for field in definition.primary_keys) for record in records]
            assert len(keys) == len(set(keys)) > 0, definition.name

    def test_the_last_state_holds_a_bookmark_for_each_stream(self, runner: TapTestRunner) -> None:
        bookmarks = runner.state_messages[-1]["value"]["bookmarks"]
        for definition in stream_definitions(CONFIG):
            records = runner.records[definition.name]
            was_cut_within_a_page = len(records) == MOST_RECORDS
            if definition.replication_key is not None and not was_cut_within_a_page:
                bookmark = bookmarks[definition.name]
                assert bookmark["replication_key"] == definition.replication_key
                assert bookmark["replication_key_value"] >= records[0][definition.replication_key]
                assert "progress_markers" not in bookmark


def test_capabilities_are_the_truth() -> None:
    assert {capability.value for capability in TapCommercetools.capabilities} == {
        "about",
        "catalog",
        "discover",
        "schema-flattening",
        "state",
        "stream-maps",
        "structured-logging",
        "test",
    }


def test_flattening_works_as_announced(read: Callable[..., Any], configure: Callable[..., dict[str, Any]]) -> None:
    run = read(configure(flattening_enabled=True, flattening_max_depth=1))
    assert "customerGroup__id" in next(m for m in run.messages if m["type"] == "SCHEMA")["schema"]["properties"]
    assert len(run.records("customers")) == 60
