"""A tap as the SDK's template makes it, with nothing tuned: the peer that tap-commercetools is measured against.

It reads orders in pages of 500, sorted by time, and stops where a page is not full: no settle time, no overlap, no
typed schema below the top level. What it gets wrong does not matter here; how fast the default is does.
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import OffsetPaginator
from tap_commercetools.streams import STREAMS
from typing_extensions import override

if TYPE_CHECKING:
    import requests
    from singer_sdk import Stream

PAGE = 500
SCHEMA = next(definition.schema for definition in STREAMS if definition.name == "orders")


class Pages(OffsetPaginator):
    """Goes on while pages are full."""

    @override
    def has_more(self, response: requests.Response) -> bool:
        return bool(response.json()["count"] == PAGE)


class Orders(RESTStream[int]):
    """Orders, with the same schema as the tap it is compared with."""

    name = "orders"
    path = "/orders"
    primary_keys = ("id",)
    replication_key = "lastModifiedAt"
    records_jsonpath = "$.results[*]"
    schema = SCHEMA

    @property
    @override
    def url_base(self) -> str:
        return f"{self.config['api_url']}/sandbox-shop"

    @property
    @override
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=self.config["token"])

    @override
    def get_new_paginator(self) -> Pages:
        return Pages(0, PAGE)

    @override
    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        return {"limit": PAGE, "offset": next_page_token or 0, "sort": "lastModifiedAt asc", "withTotal": "false"}


class PlainTap(Tap):
    """The tap."""

    name = "plain-tap"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True), th.Property("token", th.StringType, required=True)
    ).to_dict()

    @override
    def discover_streams(self) -> list[Stream]:
        return [Orders(self)]


def token(url: str) -> str:
    """Return a token of the sandbox."""
    credentials = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    request = urllib.request.Request(  # noqa: S310 - an address of ours
        f"{url}/oauth/token", b"grant_type=client_credentials", {"Authorization": f"Basic {credentials}"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        found: str = json.load(answer)["access_token"]
        return found


if __name__ == "__main__":
    address = sys.argv[1]
    PlainTap(config={"api_url": address, "token": token(address)}).sync_all()
