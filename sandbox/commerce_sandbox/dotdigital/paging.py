"""Pages of version 3: ascending items, a limit, and markers to go on from."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from commerce_sandbox.dotdigital.answer import refusal
from commerce_sandbox.dotdigital.iso_time import parse_iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commerce_sandbox.dotdigital.call import Call

MOST_ITEMS = 5_000
_SINCE = re.compile(r"gte::(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z)", re.ASCII)


def read_since(call: Call, name: str, service: str) -> datetime | None:
    """Return the moment a filter such as ``~modified=gte::2026-01-31T00:00:00Z`` names, None without filter.

    Raises:
        Refusal: If the filter is malformed.
    """
    text = call.query.get(name)
    if text is None:
        return None
    match = _SINCE.fullmatch(text)
    moment = parse_iso(match[1]) if match else None
    if moment is None:
        raise refusal(400, f"{service}:invalidFilter", f"The filter value of '{name}' is invalid")
    return moment


def read_limit(call: Call, service: str, default: int) -> int:
    """Return how many items a page holds.

    Raises:
        Refusal: If it is not 1 to 5,000.
    """
    text = call.query.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ITEMS:
        raise refusal(400, f"{service}:invalidFilter", f"The limit is 1 to {MOST_ITEMS}")
    return int(text)


def read_marker(call: Call, service: str) -> int:
    """Return the position a page begins after; 0 without marker.

    Raises:
        Refusal: If the marker is none that this service gave out.
    """
    marker = call.query.get("marker", "")
    if not marker:
        return 0
    try:
        return int(base64.urlsafe_b64decode(marker.encode()).decode())
    except (binascii.Error, ValueError) as error:
        raise refusal(400, f"{service}:invalidFilter", "The marker is invalid") from error


def write_marker(position: int) -> str:
    """Return the marker of a position."""
    return base64.urlsafe_b64encode(str(position).encode()).decode()


def page(call: Call, items: Sequence[dict[str, Any]], *, begins_after: int, next_after: int | None) -> dict[str, Any]:
    """Return a page with its links.

    Args:
        call: The call, whose query the links repeat.
        items: The items of the page.
        begins_after: Position the page begins after.
        next_after: Position the next page begins after, None if this one is the last.
    """
    links = {"self": _link(call, begins_after), "first": _link(call, 0)}
    if next_after is not None:
        links["next"] = _link(call, next_after)
    return {"_links": links, "_items": list(items)}


def _link(call: Call, position: int) -> dict[str, str]:
    marker = write_marker(position)
    path = call.cause.partition(" ")[2].format_map(call.path)
    query = urlencode({**call.query, "marker": marker})
    return {"link": f"{call.base_url}{path}?{query}", "marker": marker}
