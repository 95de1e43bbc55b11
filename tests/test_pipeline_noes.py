"""A no is carried out, though something else in its record cannot be read, mapped or written."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from delivery.testing import LoaderProcess, LoaderResult
from documented_commands import BINARIES
from pipeline import CREDENTIALS, SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

MARKETING = 101
CONSENT = {
    "email": {
        "dotdigital": {"channel": "email", "data_field": "NEWS"},
        "iterable": {"channels": ["Marketing Email"], "field": "newsletterOptIn"},
    }
}
SCHEMA = {
    "type": "SCHEMA",
    "stream": "customers",
    "schema": {"properties": {name: {} for name in ("id", "lastModifiedAt", "email", "custom")}},
    "key_properties": ["id"],
}
FAULTS: dict[str, str] = {
    "blank": '"label":{"en":""}',
    "twice": '"loyalty_tier":"gold","loyaltyTier":"silver","loyalty-tier":"tin"',
    "digits": '"points":1234567890123456789',
    "nan": '"points":NaN',
    "infinity": '"points":-Infinity',
    "deep": f'"points":{"[" * 5_000}{"]" * 5_000}',
    "long": f'"points":{"7" * 5_000}',
    "power": '"points":1e999999999',
    "bytes": '"label":"Gr\udcf6\udcdfe"',
    "many": '"points":"many"',
    "name": f'"{"n" * 300}":1',
    "half": '"label":"\\ud83d"',
}


def customer(name: str, answer: str, fault: str = '"label":"fine"') -> bytes:
    """Return a line of the tap about a customer."""
    fields = f'{{"NEWSLETTER_SUBSCRIBE":"{answer}",{fault}}}'
    return (
        f'{{"type":"RECORD","stream":"customers","record":{{"id":"id-{name}","version":1,'
        f'"createdAt":"2026-01-01T00:00:00.000Z","lastModifiedAt":"2026-01-01T00:00:00.000Z",'
        f'"email":"{name}@shop.example","custom":{{"fields":{fields}}}}}}}'
    ).encode(errors="surrogateescape")


@pytest.fixture(params=["target-iterable", "target-dotdigital"])
def loader(request: pytest.FixtureRequest, sandbox: RunningSandbox, tmp_path: Path) -> LoaderProcess:
    name: str = request.param
    mapping = {
        "locales": ["en"],
        "currency": "EUR",
        "country": "DE",
        "consent": CONSENT,
        "custom_fields": {"customers": {"fields": {"label": {"name": "LABEL"}, "points": {"type": "number"}}}},
    }
    settings = {
        **CREDENTIALS[name],
        "api_url": sandbox.service_url(SERVICES[name]),
        "mapper": {"name": "commercetools", "config": mapping},
        "max_rejects": 100,
    }
    return LoaderProcess([str(BINARIES / name)], tmp_path, settings)


def feed(loader: LoaderProcess, *lines: bytes) -> LoaderResult:
    """Run a loader on lines that need not be text."""
    process = loader.start()
    assert isinstance(process.stdin, io.TextIOWrapper)
    process.stdin.buffer.write(b"\n".join([json.dumps(SCHEMA).encode(), *lines, b""]))
    return loader.finish(process)


def mailable(sandbox: RunningSandbox, loader: LoaderProcess) -> set[str]:
    """Return whom the service would send newsletters to."""
    if loader.command[0].endswith("dotdigital"):
        contacts = sandbox.snapshot("dotdigital")["contacts"]
        return {one["identifiers"]["email"].split("@")[0] for one in contacts if one["status"] == "subscribed"}
    content = sandbox.snapshot("iterable")
    return {
        user["email"].split("@")[0]
        for user in content["users"]
        if MARKETING not in ((content["subscriptions"].get(user["email"]) or {}).get("unsubscribedChannelIds") or ())
    }


def test_a_no_reaches_the_destination_whatever_stands_beside_it(sandbox: RunningSandbox, loader: LoaderProcess) -> None:
    everybody = {*FAULTS, "fine", "still"}
    first = feed(loader, *(customer(name, "YES") for name in everybody))
    assert first.code == 0, first.log
    assert mailable(sandbox, loader) == everybody
    noes = [customer(name, "NO", fault) for name, fault in FAULTS.items()]
    second = feed(loader, customer("still", "YES"), *noes, customer("fine", "NO"))
    assert second.code == 0, second.log
    assert mailable(sandbox, loader) == {"still"}
    stream = "users" if "users" in second.summary["streams"] else "contacts"
    read, delivered, rejected, skipped = second.counts(stream)
    assert (read, skipped) == (len(FAULTS) + 2, 0)
    assert delivered + rejected == read
    assert {"nan", "infinity", "deep", "long", "power", "bytes", "blank"} <= kept_names(second)
    assert "shop.example" not in second.log


def kept_names(result: LoaderResult) -> set[str]:
    """Return the names of the customers whose records were kept as rejected."""
    return {name for name in (*FAULTS, "fine", "still") if any(f'"id":"id-{name}"' in line for line in result.kept)}
