"""A tap as the SDK's template makes it, with nothing tuned: the peer that tap-commercetools is measured against.

It reads orders in pages of 500, sorted by time, and stops where a page is not full: no settle time, no overlap, and no
further than the 10 000 rows that offsets reach. What it gets wrong does not matter here; how fast the default is does.

    python benchmarks/plain_tap.py http://127.0.0.1:8080
"""

from __future__ import annotations

import argparse
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import OffsetPaginator
from tap_commercetools.schemas.order import ORDER
from typing_extensions import override

if TYPE_CHECKING:
    import requests
    from singer_sdk import Stream

PAGE = 500
SCHEMA = ORDER


class Authenticator(OAuthAuthenticator):
    """Client credentials."""

    @property
    @override
    def oauth_request_body(self) -> dict[str, str]:
        return {"grant_type": "client_credentials"}


class Pages(OffsetPaginator):
    """Goes on while pages are full."""

    @override
    def has_more(self, response: requests.Response) -> bool:
        return bool(response.json()["count"] == PAGE)


class Orders(RESTStream[int]):
    """Orders, by default with the same schema as the tap it is compared with."""

    name = "orders"
    path = "/orders"
    primary_keys = ("id",)
    replication_key = "lastModifiedAt"
    records_jsonpath = "$.results[*]"

    @property
    @override
    def url_base(self) -> str:
        return f"{self.config['api_url']}/sandbox-shop"

    @cached_property
    @override
    def authenticator(self) -> Authenticator:
        return Authenticator(
            client_id="sandbox-client",
            client_secret="sandbox-secret",  # noqa: S106 - made up
            auth_endpoint=f"{self.config['api_url']}/oauth/token",
        )

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
        th.Property("api_url", th.StringType, required=True),
        th.Property("typed_deeply", th.BooleanType, default=True),
    ).to_dict()

    @override
    def discover_streams(self) -> list[Stream]:
        return [Orders(self, schema=SCHEMA if self.config["typed_deeply"] else typed_at_the_top(SCHEMA))]


def typed_at_the_top(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that says of objects and arrays only that they are that, as many taps have it."""
    properties = {
        name: {key: value for key, value in field.items() if key not in {"properties", "items"}}
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the orders are")
    parser.add_argument("--typed-at-the-top", action="store_true", help="leave the schema of nested fields open")
    options = parser.parse_args()
    PlainTap(config={"api_url": options.url, "typed_deeply": not options.typed_at_the_top}).sync_all()
