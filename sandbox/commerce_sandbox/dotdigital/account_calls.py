"""Account information and the server's time (version 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.call import Call

_ACCOUNT_ID = 40_211


def _account_info(call: Call) -> Answer:
    settings = call.settings
    used = call.account.rate_limits.used_in_hour(call.account.clock.seconds())
    own_host = call.base_url.removesuffix("/r1").removesuffix("/r2").removesuffix("/r3")
    regional = own_host if own_host == call.base_url else f"{own_host}/{settings.region}"
    properties = [
        ("Name", "String", settings.account_name),
        ("MainEmail", "String", "owner@shop.example"),
        ("ApiEndpoint", "String", settings.api_endpoint or f"{regional}/"),
        ("APILocale", "String", settings.locale),
        ("ApiCallsInLastHour", "Int", str(used)),
        ("ApiCallsRemaining", "Int", str(max(0, settings.flat_calls_per_hour - used))),
        ("TimeZoneIana", "String", "Europe/London"),
    ]
    return Answer(
        content={
            "id": _ACCOUNT_ID,
            "properties": [{"name": name, "type": type_, "value": value} for name, type_, value in properties],
        }
    )


def _server_time(call: Call) -> Answer:
    text = call.account.clock.now().isoformat(sep=" ", timespec="microseconds")
    return Answer(content=text, media_type="text/plain")


ENDPOINTS = (
    Endpoint("GET", "/v2/account-info", Tier.HIGH, _account_info),
    Endpoint("GET", "/v2/server-time", Tier.HIGH, _server_time),
)
