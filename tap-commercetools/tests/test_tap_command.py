"""What people see on the command line when something is wrong: one line, an exit code, nothing secret."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.testing import running_sandbox
from running_the_tap import TapRun, catalog_of
from tap_commercetools.errors import SettingsError
from tap_commercetools.streams import stream_definitions
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.testing import RunningSandbox
    from running_the_tap import TapProcess

SECRET = "sandbox-secret"


def said(run: TapRun) -> str:
    """Return the one error line of a failed run."""
    assert run.exit_code == 1
    assert "Traceback" not in run.errors
    assert SECRET not in run.errors
    assert len(run.error_lines) == 1, run.errors
    return run.error_lines[0].split("|", 3)[-1].strip()


def test_a_wrong_setting_is_one_line(tap_process: TapProcess, configure: Callable[..., dict[str, Any]]) -> None:
    line = said(tap_process.run(configure(api_url=None, page_size=501, client_secret=[SECRET])))
    assert line == "setting client_secret must be of type string; setting page_size must be at most 500"


def test_a_wrong_stream_map_is_one_line(tap_process: TapProcess, configure: Callable[..., dict[str, Any]]) -> None:
    assert said(tap_process.run(configure(stream_maps={"orders": {"total": "1 +"}}))) == (
        "setting stream_maps or flattening cannot be used at orders.total (MapExpressionError): correct the expression"
    )


def test_wrong_credentials_name_the_settings(tap_process: TapProcess, configure: Callable[..., dict[str, Any]]) -> None:
    line = said(tap_process.run(configure(client_secret="wrong-secret-42")))
    assert "invalid_client" in line
    assert "client_id, client_secret and region" in line
    assert "wrong-secret-42" not in line


def test_a_scope_the_client_does_not_have_is_a_matter_of_the_setting(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    line = said(tap_process.run(configure(scopes=["manage_project"])))
    assert "invalid_scope" in line
    assert "setting scopes" in line


def test_an_unreachable_host_is_named_with_the_settings_that_lead_to_it(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        line = said(tap_process.run(configure(auth_url=f"http://{host}")))
        assert host in line
        assert "region, api_url and auth_url" in line
        line = said(tap_process.run(configure(api_url=f"http://{host}")))
    assert host in line


def test_another_project_than_the_clients_is_noticed_before_reading(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    run = tap_process.run(configure(project_key="other-shop"))
    line = said(run)
    assert "project_key names another project than the API client's" in line
    assert "sandbox-shop" in line
    assert run.lines == []


def test_a_project_that_is_not_found_is_named(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    body = {"statusCode": 404, "message": "no such project", "errors": [{"code": "ResourceNotFound"}]}
    action = {"kind": "respond", "status": 404, "headers": {"X-Correlation-ID": "corr/7"}, "body": body}
    sandbox.order_fault(action, service="commercetools", path="/customers")
    line = said(tap_process.run(configure()))
    assert "404 ResourceNotFound (X-Correlation-ID corr/7)" in line
    assert "settings project_key and region" in line


@pytest.fixture(scope="module")
def narrow_sandbox() -> Iterator[RunningSandbox]:
    shop = CommercetoolsSettings(scopes=("view_customers", "view_published_products", "view_orders:de-web"))
    with running_sandbox(commercetools=shop) as sandbox:
        yield sandbox


@pytest.fixture
def narrow_config(narrow_sandbox: RunningSandbox, configure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    url = narrow_sandbox.service_url("commercetools")
    return configure(api_url=url, auth_url=url)


def test_a_missing_scope_is_named_before_anything_is_read(
    tap_process: TapProcess, narrow_config: dict[str, Any]
) -> None:
    run = tap_process.run(narrow_config)
    assert "lacks scopes: orders needs view_orders" in said(run)
    assert run.lines == []


def test_streams_that_can_be_read_are_read_once_the_others_are_deselected(
    tap_process: TapProcess, narrow_config: dict[str, Any]
) -> None:
    run = tap_process.run(narrow_config, catalog=catalog_of("customers"))
    assert run.exit_code == 0
    assert set(run.counts()) == {"customers"}


def test_the_connection_test_tells_for_each_stream_what_works(
    tap_process: TapProcess, narrow_config: dict[str, Any], configure: Callable[..., dict[str, Any]]
) -> None:
    run = tap_process.run(narrow_config, "--test")
    assert run.exit_code == 1
    assert "customers: can be read" in run.errors
    assert "orders: cannot be read, the API client lacks the scope view_orders" in run.errors
    assert "products: can be read" in run.errors
    assert "1 of 3 streams cannot be read: orders" in run.errors
    assert run.lines == []
    run = tap_process.run(configure(), "--test")
    assert run.exit_code == 0
    assert run.errors.count("can be read") == 3


def test_the_connection_test_reports_a_stream_the_platform_refuses(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    body = {"statusCode": 403, "message": "no", "errors": [{"code": "insufficient_scope"}]}
    action = {"kind": "respond", "status": 403, "body": body}
    sandbox.order_fault(action, service="commercetools", path="/orders", times=None)
    run = tap_process.run(configure(), "--test")
    assert run.exit_code == 1
    assert "orders: cannot be read" in run.errors
    assert "scope view_orders" in run.errors


def test_discovery_needs_no_settings_and_no_network(tap_process: TapProcess) -> None:
    run = tap_process.run({}, "--discover")
    assert run.exit_code == 0
    catalog = json.loads("".join(run.lines))
    entries = {entry["tap_stream_id"]: entry for entry in catalog["streams"]}
    assert set(entries) == {definition.name for definition in stream_definitions({})}
    assert entries["orders"]["replication_key"] == "lastModifiedAt"
    chosen = {
        name
        for name, entry in entries.items()
        for item in entry["metadata"]
        if item["breadcrumb"] == [] and item["metadata"]["selected-by-default"]
    }
    assert {"customers", "orders", "products", "carts"} < chosen
    assert not chosen & {"messages", "product_projections", "variants", "deletions", "customer_order_summaries"}


def test_the_log_speaks_of_selected_streams_only(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    run = tap_process.run(configure(), catalog=catalog_of("customers"))
    assert "customers: 60 rows read" in run.errors
    assert "orders" not in run.errors


def test_schemas_alone_can_be_written(tap_process: TapProcess, configure: Callable[..., dict[str, Any]]) -> None:
    run = tap_process.run(configure(), "--test=schema")
    assert run.exit_code == 0
    assert [m["type"] for m in run.messages] == ["SCHEMA"] * len(stream_definitions({}))


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_a_file_that_is_no_json_object_is_named(tap_process: TapProcess, tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    assert "--config" in said(tap_process.run({}, "--config", str(path)))


def test_a_missing_configuration_file_is_named(tap_process: TapProcess) -> None:
    assert "nowhere.json cannot be read" in said(tap_process.run({}, "--config", "nowhere.json"))


def test_a_broken_state_file_is_named(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{'single': 1}", encoding="utf-8")
    assert "--state" in said(tap_process.run(configure(), "--state", str(path)))


def test_a_damaged_bookmark_is_named(tap_process: TapProcess, configure: Callable[..., dict[str, Any]]) -> None:
    state = {"bookmarks": {"customers": {"replication_key": "lastModifiedAt", "replication_key_value": "soon"}}}
    line = said(tap_process.run(configure(), state=state))
    assert "stream customers: its bookmark" in line
    assert "--full-refresh" in line


def test_an_unknown_option_is_a_matter_of_usage(tap_process: TapProcess) -> None:
    assert tap_process.run({}, "--nonsense").exit_code == 2


def test_settings_come_from_the_environment_too(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting, value in configure().items():
        monkeypatch.setenv(f"TAP_COMMERCETOOLS_{setting.upper()}", str(value))
    monkeypatch.setenv("TAP_COMMERCETOOLS_REGION", "")
    run = tap_process.run({}, "--config", "ENV")
    assert run.exit_code == 0
    assert run.counts() == {"customers": 60, "orders": 120, "products": 40}


def test_a_traceback_is_there_for_those_who_debug(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAP_COMMERCETOOLS_LOGLEVEL", "DEBUG")
    run = tap_process.run(configure(client_secret="wrong"))
    assert run.exit_code == 1
    assert "Traceback" in run.errors


@pytest.mark.parametrize("state", [{"bookmarks": {"customers": "2026-01-01"}}, {"bookmarks": []}, [1]])
def test_a_bookmark_that_is_none_is_one_line(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]], state: dict[str, Any]
) -> None:
    line = said(tap_process.run(configure(), state=state))
    assert "state" in line
    assert "2026" not in line


def test_a_stream_of_the_catalog_that_does_not_exist_is_told_once(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    catalog = catalog_of("customers")
    catalog["streams"].append({**catalog["streams"][0], "tap_stream_id": "custmers", "stream": "custmers"})
    run = tap_process.run(configure(), catalog=catalog)
    assert run.exit_code == 0
    assert run.errors.count("streams of the catalog that do not exist are passed over: custmers") == 1


def test_standard_output_that_takes_nothing_is_one_line(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    command = tap_process.command(configure())
    for output, ended in ((">/dev/full", "cannot be written (OSError)"), (">&-", "cannot be written")):
        run = subprocess.run(  # noqa: S602 - the shell can close what Python cannot
            f"{shlex.join(command)} {output}", shell=True, capture_output=True, text=True, check=False, timeout=60
        )
        line = said(TapRun([], run.stderr, run.returncode))
        assert f"standard output {ended}" in line
        assert "Exception ignored" not in run.stderr


def test_a_defect_is_one_line_that_repeats_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "ada@shop.example"
        raise KeyError(message)

    monkeypatch.setattr(TapCommercetools, "print_version", broken)
    with pytest.raises(SystemExit) as ended:
        TapCommercetools.get_singer_command().main(["--config", "ENV"])
    assert ended.value.code == 1
    assert "unexpected KeyError at test_tap_command.py:" in caplog.text
    assert "ada" not in caplog.text + capsys.readouterr().err


def test_a_target_that_goes_away_is_no_mystery(
    tap_process: TapProcess, configure: Callable[..., dict[str, Any]]
) -> None:
    with tap_process.start(configure(page_size=10)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        run = tap_process.finish(process)
    assert "the process that takes the records has gone" in said(run)
    assert "Exception ignored" not in run.errors


def told_in_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, config: dict[str, Any] | None = None, **files: object
) -> str:
    """Run the tap within the test's process and return what it says at its end."""
    settings = {"project_key": "shop", "client_id": "c", "client_secret": SECRET, "region": "europe-west1.gcp"}
    arguments = []
    for option, content in {"config": {**settings, **(config or {})}, **files}.items():
        path = tmp_path / option
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments += [f"--{option}", str(path)]
    with pytest.raises(SystemExit) as ended:
        TapCommercetools.get_singer_command().main(arguments)
    assert ended.value.code == 1
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "ada@shop.example" not in line
    return line


X = "ada@shop.example"
BAD_ENTRIES: list[dict[str, Any]] = [
    {"schema": X},
    {"schema": {"properties": [X]}},
    {"metadata": X},
    {"metadata": [X]},
    {"metadata": [{"breadcrumb": X, "metadata": X}]},
    {"metadata": [{"breadcrumb": [], "metadata": [X]}]},
    {"metadata": [{}]},
    {"metadata": 1},
    {"tap_stream_id": [X]},
    {"tap_stream_id": None},
    {"key_properties": 5},
]


@pytest.mark.parametrize("wrong", BAD_ENTRIES, ids=str)
def test_a_wrong_entry_of_a_catalog_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    catalog = catalog_of("orders")
    entry = next(each for each in catalog["streams"] if each["tap_stream_id"] == "orders")
    entry.update(wrong)
    assert "--catalog: entry " in told_in_process(tmp_path, caplog, catalog=catalog)


@pytest.mark.parametrize("partitions", [[X], [{"progress_markers": X}], [[]]])
def test_wrong_partitions_of_a_state_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, partitions: list[Any]
) -> None:
    state = {"bookmarks": {"orders": {"partitions": partitions}}}
    told = told_in_process(tmp_path, caplog, catalog=catalog_of("orders"), state=state)
    assert told.startswith("stream orders: the partitions of its bookmark in the state")


@pytest.mark.parametrize("config", [{"custom_object_containers": 123}, {"client_secret": "x\ud83d"}], ids=str)
def test_a_wrong_setting_is_named_whatever_reads_it_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, config: dict[str, Any]
) -> None:
    told = told_in_process(tmp_path, caplog, config=config, catalog=catalog_of("orders"))
    assert f"setting {next(iter(config))} " in told


@pytest.mark.parametrize("containers", [123, "branches", [1], [["a"]]])
def test_discovery_names_wrong_containers(containers: object) -> None:
    with pytest.raises(SettingsError, match="setting custom_object_containers must be of type array"):
        TapCommercetools(config={"custom_object_containers": containers}, validate_config=False, setup_mapper=False)
