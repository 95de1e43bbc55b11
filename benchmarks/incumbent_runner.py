"""Runs the incumbent against another address than the vendor's. It is started in the incumbent's own environment.

Its manifest names the vendor's hosts, and its authenticator builds its own; both are replaced, nothing else.

    python incumbent_runner.py http://127.0.0.1:8080 read --config config.json --catalog catalog.json
"""

from __future__ import annotations

import sys
from typing import Any

import requests
from airbyte_cdk.entrypoint import launch  # type: ignore[import-not-found] # installed in the incumbent's environment
from source_commercetools import SourceCommercetools  # type: ignore[import-not-found] # likewise
from source_commercetools.components import (  # type: ignore[import-not-found] # likewise
    CommerceToolsOauth2Authenticator,
)


def point_at(url: str) -> None:
    """Make the incumbent ask another address.

    Args:
        url: Where the API and its tokens are, without a slash at the end.
    """
    parse = SourceCommercetools._parse  # noqa: SLF001 - there is no public way to change the manifest

    def parse_and_point(text: str) -> Any:  # noqa: ANN401 - whatever the manifest is
        manifest = parse(text)
        requester = manifest["definitions"]["requester"]
        requester["url_base"] = url + "/{{ config['project_key'] }}"
        requester["authenticator"]["token_refresh_endpoint"] = f"{url}/oauth/token"
        return manifest

    def ask_for_token(authenticator: Any) -> Any:  # noqa: ANN401 - the incumbent's own classes
        config = authenticator.config
        scope = f"manage_project:{config['project_key']}"
        answer = requests.post(
            f"{url}/oauth/token?grant_type=client_credentials&scope={scope}",
            auth=(config["client_id"], config["client_secret"]),
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    SourceCommercetools._parse = staticmethod(parse_and_point)  # noqa: SLF001 - as above
    CommerceToolsOauth2Authenticator._get_refresh_access_token_response = ask_for_token  # noqa: SLF001 - as above


if __name__ == "__main__":
    point_at(sys.argv[1])
    launch(SourceCommercetools(), sys.argv[2:])
