"""The demo: a made-up shop goes into both destinations; then the shop changes, and only the changes travel.

Run by ``make demo``. Needs no account: the three services are emulated on this machine, and nothing but their
address is ever spoken to, whatever the environment or a .env file says.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / ".demo"
BINARIES = Path(sys.executable).parent
TAP = "tap-commercetools"
TARGETS = {"target-iterable": "iterable", "target-dotdigital": "dotdigital"}
SECONDS_TO_START = 90
SECONDS_FOR_A_RUN = 600
CHANGES = {"place_orders": 5, "edit_customers": 1, "cancel_orders": 1, "unpublish_products": 1}
CHANGES_IN_WORDS = {
    "place_orders": "new orders",
    "edit_customers": "edited customer",
    "cancel_orders": "cancelled order",
    "unpublish_products": "unpublished product",
}
MOST_RECORDS_OF_CHANGES = 60
"""A second run that carries more than this has not sent the changes only."""

OBJECTS = {
    "users": "users",
    "purchases": "purchases",
    "catalog_items": "catalog_items",
    "contacts": "contacts",
    "orders": "orders",
    "catalog": "catalog_records",
}
"""Which of the service's own counts belongs to which stream."""

NEW_THERE = ("is new to the project", "is new to the account")
"""How the loaders notice fields, lists and the like that an empty destination does not have yet: all of them, here."""

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 110)


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and where to look."""


@dataclass(frozen=True)
class StreamOutcome:
    """What became of the records of one stream in one run, and why some were not delivered."""

    stream: str
    read: int
    delivered: int
    rejected: int
    skipped: int
    reasons: dict[str, dict[str, int]]

    @property
    def adds_up(self) -> bool:
        """Whether every record read has its outcome."""
        return self.read == self.delivered + self.rejected + self.skipped


def control(url: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the sandbox's control interface."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - an address of ours
        f"{url}/_sandbox{path}", data=data, method=method, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


@contextlib.contextmanager
def running_sandbox() -> Iterator[str]:
    """Start the sandbox on a free port, and stop it whatever happens."""
    with (FOLDER / "sandbox.log").open("w") as log:
        process = subprocess.Popen(
            [BINARIES / "commerce-sandbox", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if " at " not in line:
                message = f"the sandbox did not start; see {FOLDER / 'sandbox.log'}"
                raise DemoFailed(message)
            yield line.rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def environment(url: str) -> dict[str, str]:
    """Return an environment in which the plugins can reach nothing but the sandbox.

    What the user has set for real accounts is left out, and all that names a service or an account is set here:
    the environment comes before .env and meltano.yml.
    """
    foreign = ("TAP_", "TARGET_", "MAPPER_", "MELTANO_", "SINGER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "MELTANO_ENVIRONMENT": "sandbox",
        "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
        "NO_COLOR": "1",
        "TAP_COMMERCETOOLS_PROJECT_KEY": "sandbox-shop",
        "TAP_COMMERCETOOLS_CLIENT_ID": "sandbox-client",
        "TAP_COMMERCETOOLS_CLIENT_SECRET": "sandbox-secret",
        "TAP_COMMERCETOOLS_API_URL": f"{url}/commercetools",
        "TAP_COMMERCETOOLS_AUTH_URL": f"{url}/commercetools",
        "TAP_COMMERCETOOLS_SETTLE_SECONDS": "0",
        "TARGET_ITERABLE_API_KEY": "sandbox-iterable-key-0123456789abcd",
        "TARGET_ITERABLE_API_URL": f"{url}/iterable",
        "TARGET_ITERABLE_PROJECT_TYPE": "hybrid",
        "TARGET_ITERABLE_DRY_RUN": "false",
        "TARGET_ITERABLE_MAX_REJECTS": "100",
        "TARGET_ITERABLE_REJECTS_PATH": str(FOLDER / "rejects"),
        "TARGET_ITERABLE_SUMMARY_PATH": str(FOLDER / "target-iterable.json"),
        "TARGET_DOTDIGITAL_USERNAME": "apiuser-sandbox@apiconnector.com",
        "TARGET_DOTDIGITAL_PASSWORD": "sandbox-password",
        "TARGET_DOTDIGITAL_API_URL": f"{url}/dotdigital",
        "TARGET_DOTDIGITAL_LIST": "Shop customers",
        "TARGET_DOTDIGITAL_DRY_RUN": "false",
        "TARGET_DOTDIGITAL_MAX_REJECTS": "100",
        "TARGET_DOTDIGITAL_REJECTS_PATH": str(FOLDER / "rejects"),
        "TARGET_DOTDIGITAL_SUMMARY_PATH": str(FOLDER / "target-dotdigital.json"),
    }


def install_plugins(variables: dict[str, str]) -> None:
    """Let Meltano make the plugins' environments; quick when they are there already."""
    log = FOLDER / "install.log"
    plugins = [TAP, *TARGETS]
    with console.status("Installing the plugins with Meltano ..."), log.open("w") as output:
        command = [str(BINARIES / "meltano"), "install", *plugins]
        code = subprocess.call(command, cwd=PROJECT, env=variables, stdout=output, stderr=subprocess.STDOUT)
    if code != 0:
        message = f"the plugins could not be installed; check that a package index can be reached, and see {log}"
        raise DemoFailed(message)


def run(target: str, url: str, variables: dict[str, str], number: int) -> list[StreamOutcome]:
    """Run `meltano run tap-commercetools <target>`, showing progress, and return what became of the records."""
    summary, log = FOLDER / f"{target}.json", FOLDER / f"{number}-{target}.log"
    summary.unlink(missing_ok=True)
    command = f"meltano run {TAP} {target}"
    began = time.monotonic()
    with console.status(f"{command} ...") as status, log.open("w") as output:
        process = subprocess.Popen(
            [BINARIES / "meltano", "run", TAP, target],
            cwd=PROJECT,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                time.sleep(1)
                seconds = time.monotonic() - began
                status.update(f"{command}  {seconds:.0f} s  {arrived(url, TARGETS[target])}")
                if seconds > SECONDS_FOR_A_RUN:
                    message = f"{command} took longer than {SECONDS_FOR_A_RUN} seconds; see {log}"
                    raise DemoFailed(message)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=60)
    if process.returncode != 0 or not summary.exists():
        message = f"{command} failed; the last lines of {log} say why:\n{last_lines(log)}"
        raise DemoFailed(message)
    console.print(f"{command}  [green]done[/] in {time.monotonic() - began:.0f} s")
    streams = json.loads(summary.read_text())["streams"]
    names = ("read", "delivered", "rejected", "skipped", "reasons")
    return [StreamOutcome(stream, **{name: counts[name] for name in names}) for stream, counts in streams.items()]


def arrived(url: str, service: str) -> str:
    """Return what a service holds by now, in a few words."""
    with contextlib.suppress(urllib.error.URLError, TimeoutError):
        counts = control(url, "GET", "/counts")[service]
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    return ""


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def show(title: str, url: str, outcomes: dict[str, list[StreamOutcome]]) -> None:
    """Print one table for both destinations."""
    table = Table(title=title, title_justify="left")
    table.add_column("destination", no_wrap=True)
    table.add_column("object", no_wrap=True)
    for name in ("read", "delivered", "rejected", "skipped", "now there"):
        table.add_column(name, justify="right", no_wrap=True)
    held = control(url, "GET", "/counts")
    for target, streams in outcomes.items():
        service = TARGETS[target]
        for outcome in streams:
            figures = (outcome.read, outcome.delivered, outcome.rejected, outcome.skipped)
            count = held[service].get(OBJECTS.get(outcome.stream, outcome.stream), "")
            table.add_row(service, outcome.stream, *map(str, figures), str(count))
        table.add_section()
    console.print(table)
    for target, streams in outcomes.items():
        for outcome in streams:
            for kind, reasons in outcome.reasons.items():
                new_there = [reason for reason in reasons if reason.endswith(NEW_THERE)]
                if new_there:
                    made = f"{len(new_there)} fields, lists, catalogs or collections that are new there"
                    console.print(f"  {TARGETS[target]}, {outcome.stream}: {made}")
                for reason, count in reasons.items():
                    if reason in new_there:
                        continue
                    console.print(f"  {TARGETS[target]}, {outcome.stream}: {count} {kind}: {reason}")


def show_consent(url: str) -> None:
    """Say how many contacts may be mailed, and compare with what the shop's customers said."""
    customers = control(url, "GET", "/commercetools?path=customers")["customers"]
    fields = [(customer.get("custom") or {}).get("fields") or {} for customer in customers]
    said_yes = sum(1 for each in fields if each.get("NEWSLETTER_SUBSCRIBE") == "YES")
    held = control(url, "GET", "/counts")["dotdigital"]
    console.print(
        f"\nOf {held['contacts']} contacts in Dotdigital, {held['mailable_contacts']} may be mailed. In the shop, "
        f"{said_yes} customers said yes; nobody else is mailable, guests included."
    )
    if held["mailable_contacts"] > said_yes:
        message = "more contacts may be mailed than customers said yes"
        raise DemoFailed(message)


def check(outcomes: dict[str, list[StreamOutcome]]) -> None:
    """Make sure that every record has its outcome."""
    for target, streams in outcomes.items():
        for outcome in streams:
            if not outcome.adds_up:
                message = f"{target}, {outcome.stream}: read is not delivered + rejected + skipped"
                raise DemoFailed(message)


def demo() -> None:
    """Run the whole demo."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        with console.status("Opening a made-up shop: 1000 customers, 3000 orders, 300 products ..."):
            url = stack.enter_context(running_sandbox())
        variables = environment(url)
        install_plugins(variables)
        console.print(f"While the demo runs, all three services can be looked at in a browser: {url}\n")
        first = {target: run(target, url, variables, 1) for target in TARGETS}
        check(first)
        show("\nFirst run: everything", url, first)
        show_consent(url)

        changed = control(url, "POST", "/commercetools/changes", CHANGES)
        words = ", ".join(f"{len(changed[name])} {text}" for name, text in CHANGES_IN_WORDS.items())
        console.print(f"\nMeanwhile in the shop: {words}.\n")
        second = {target: run(target, url, variables, 2) for target in TARGETS}
        check(second)
        show("\nSecond run: only the changes", url, second)
        for target, streams in second.items():
            carried = sum(outcome.read for outcome in streams)
            if not 0 < carried <= MOST_RECORDS_OF_CHANGES:
                message = f"{target}: the second run carried {carried} records, which is not the changes only"
                raise DemoFailed(message)
    rejects = sorted((FOLDER / "rejects").glob("*.jsonl"))
    if rejects:
        console.print("\nRejected records, each with its reason, ready to be replayed:")
        for path in rejects:
            console.print(f"  {path.relative_to(PROJECT)}")
    console.print(
        f"\nEvery record read was delivered, rejected or skipped. {time.monotonic() - began:.0f} seconds in all."
    )


def main() -> int:
    """Run the demo and return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    try:
        demo()
    except DemoFailed as error:
        console.print(f"[red]The demo failed:[/] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
