"""Calls that somebody else makes in the account: what a person does in the app, or another integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from commerce_sandbox.dotdigital.settings import DotdigitalSettings

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox


def call_account(
    sandbox: RunningSandbox, method: str, path: str, json: object = None, **parameters: str
) -> requests.Response:
    account = DotdigitalSettings()
    answer = requests.request(
        method,
        sandbox.service_url("dotdigital") + path,
        json=json,
        params=parameters,
        auth=(account.username, account.password),
        timeout=10,
    )
    answer.raise_for_status()
    return answer


def make_custom_identifier(sandbox: RunningSandbox, name: str) -> None:
    call_account(sandbox, "POST", "/configuration/v3/customIdentifiers", {"name": name})


def make_data_field(sandbox: RunningSandbox, name: str, **members: Any) -> None:
    field = {"name": name, "type": "String", "visibility": "Public", **members}
    call_account(sandbox, "POST", "/v2/data-fields", field)
