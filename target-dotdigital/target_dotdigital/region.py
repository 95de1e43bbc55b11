"""Finds the host an account lives at.

Dotdigital: hosts are `https://r1-api.dotdigital.com` (Europe), `r2` (North America), `r3` (Asia Pacific). Account
information is answered by every host and names the account's own in the property `ApiEndpoint`; everything else is
answered 403 by the wrong host.
"""

from __future__ import annotations

import re
from typing import Any

REGIONS = ("r1", "r2", "r3")
ACCOUNT_INFO = "/v2/account-info"
# A pattern, not a parser of URLs: what one parser takes for the host, another may not.
_VENDOR_HOST = re.compile(r"https://([a-z0-9-]{1,63}\.){1,10}dotdigital\.com", re.ASCII | re.IGNORECASE)


def host_of(region: str) -> str:
    """Return the base URL of a region; of Europe, which knows all accounts, for `auto`."""
    return f"https://{region if region in REGIONS else REGIONS[0]}-api.dotdigital.com"


def endpoint_of(account_info: object) -> str | None:
    """Return the base URL that account information names as the account's own; None if it names none."""
    properties: Any = account_info.get("properties") if isinstance(account_info, dict) else None
    for item in properties if isinstance(properties, list) else []:
        if isinstance(item, dict) and item.get("name") == "ApiEndpoint" and isinstance(item.get("value"), str):
            return str(item["value"]).rstrip("/") or None
    return None


def is_vendors_host(url: str) -> bool:
    """Tell whether credentials may go to a base URL that an answer named: https, and the vendor's own domain."""
    return _VENDOR_HOST.fullmatch(url) is not None
