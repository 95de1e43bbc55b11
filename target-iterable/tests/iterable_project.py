"""The project in the sandbox as other integrations and people use it: not through the loader."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox

KEY = "sandbox-iterable-key-0123456789abcd"


def ask(sandbox: RunningSandbox, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Call the API at `/api/<path>` and return the answer."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=30)
    content = None if body is None else json.dumps(body)
    connection.request(method, f"/iterable/api/{path}", content, {"Api-Key": KEY, "Content-Type": "application/json"})
    response = connection.getresponse()
    answer: dict[str, Any] = json.loads(response.read())
    connection.close()
    assert response.status < 300, answer
    return answer


def settings(sandbox: RunningSandbox, **changes: Any) -> None:
    """Change what kind of project it is; a reset undoes it."""
    sandbox.control("POST", "/iterable/settings", changes)


def profiles(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """Return all profiles: email, userId, dataFields, shoppingCartItems."""
    held: list[dict[str, Any]] = sandbox.snapshot("iterable")["users"]
    return held


def consent(sandbox: RunningSandbox) -> dict[str, dict[str, list[int]]]:
    """Return what people have left and joined, by address or userId."""
    held: dict[str, dict[str, list[int]]] = sandbox.snapshot("iterable")["subscriptions"]
    return held


def writes(sandbox: RunningSandbox) -> list[str]:
    """Return all calls but reads in order, as method and path from `/api/` on."""
    calls = sandbox.requests(service="iterable")
    return [f"{call['method']} {call['path'].split('/api/')[1]}" for call in calls if call["method"] != "GET"]
