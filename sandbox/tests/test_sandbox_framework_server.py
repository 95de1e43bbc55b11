from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
from commerce_sandbox.http_server import AddressTakenError, listening_socket
from commerce_sandbox.testing import ControlError, running_sandbox

PACKAGE_FOLDER = str(Path(__file__).parents[1])
COMMAND = [sys.executable, "-c", "from commerce_sandbox.command import main; main()", "serve"]
SMALL = ["--customers", "3", "--orders", "3", "--products", "2"]


def start_command(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": PACKAGE_FOLDER}
    return subprocess.Popen(
        [*COMMAND, *SMALL, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_stops_cleanly_on_a_signal(stop: signal.Signals) -> None:
    with start_command("--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"commerce-sandbox is ready at (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        assert requests.get(f"{found.group(1)}/_sandbox/health", timeout=10).status_code == 200
        process.send_signal(stop)
        output, errors = process.communicate(timeout=15)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_taken_port_is_one_clear_line_and_exit_code_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start_command("--port", str(port)) as process:
            output, errors = process.communicate(timeout=15)
    assert process.returncode == 1
    assert output == ""
    assert errors.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "--port" in errors


def test_an_address_is_taken_as_soon_as_one_sandbox_starts_before_it_is_ready() -> None:
    with listening_socket("127.0.0.1", 0) as starting:
        port = starting.getsockname()[1]
        with pytest.raises(AddressTakenError, match=f"127.0.0.1:{port}"):
            listening_socket("127.0.0.1", port)


def test_the_options_change_what_the_services_accept() -> None:
    arguments = ["--port", "0", "--commercetools-client-secret", "another", "--commercetools-scope", "view_orders"]
    with start_command(*arguments) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        token = requests.post(
            f"{url}/commercetools/oauth/token",
            auth=("sandbox-client", "another"),
            data={"grant_type": "client_credentials"},
            timeout=10,
        )
        process.terminate()
        process.communicate(timeout=15)
    assert token.json()["scope"] == "view_orders:sandbox-shop"


def test_the_same_seed_gives_the_same_shop_but_for_the_present() -> None:
    def ids(seed: int) -> dict[str, list[str]]:
        with running_sandbox(seed=seed, customers=5, orders=5, products=5) as sandbox:
            return {path: [row["id"] for row in rows] for path, rows in sandbox.snapshot("commercetools").items()}

    assert ids(3) == ids(3)
    assert ids(3) != ids(4)


def test_health_names_the_services() -> None:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        health = sandbox.control("GET", "/health")
    assert health["status"] == "ready"
    assert {"commercetools", "iterable"} <= set(health["services"])


def test_the_date_header_follows_the_sandboxs_clock() -> None:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        before = requests.get(f"{sandbox.url}/commercetools/x", timeout=10).headers["Date"]
        sandbox.advance_clock(86_400)
        after = requests.get(f"{sandbox.url}/commercetools/x", timeout=10).headers["Date"]
    moved = parsedate_to_datetime(after) - parsedate_to_datetime(before)
    assert 86_400 <= moved.total_seconds() < 86_410


def test_the_clock_does_not_run_back() -> None:
    with (
        running_sandbox(customers=1, orders=1, products=1) as sandbox,
        pytest.raises(ControlError, match="only moves forward"),
    ):
        sandbox.advance_clock(-1)


def test_a_control_request_that_cannot_be_read_is_told_why() -> None:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        with pytest.raises(ControlError, match="advance_second"):
            sandbox.control("POST", "/clock", {"advance_second": 1})
        with pytest.raises(ControlError, match="there is no service 'nope'"):
            sandbox.control("POST", "/reset?service=nope")
        with pytest.raises(ControlError, match="404"):
            sandbox.control("GET", "/nope")


def test_counts_tell_how_much_each_service_holds() -> None:
    with running_sandbox(customers=5, orders=4, products=3) as sandbox:
        counts = sandbox.control("GET", "/counts")
    assert (counts["commercetools"]["customers"], counts["commercetools"]["orders"]) == (5, 4)
    assert (counts["iterable"]["users"], counts["dotdigital"]["contacts"]) == (0, 0)


def test_kept_connections_answer_without_nagles_delay() -> None:
    # asyncio sets TCP_NODELAY only on sockets that name their protocol.
    with listening_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_client_that_goes_away_in_the_middle_of_a_request_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with running_sandbox(customers=1, orders=1, products=1) as sandbox:
        address = ("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))
        head = b"POST /iterable/api/users/update HTTP/1.1\r\nHost: x\r\nApi-Key: k\r\nContent-Length: 1000\r\n\r\n{"
        with socket.create_connection(address) as connection:
            connection.sendall(head)
        assert sandbox.control("GET", "/health")["status"] == "ready"
    assert [entry.message for entry in caplog.records if entry.levelname == "ERROR"] == []
