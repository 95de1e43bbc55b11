"""A small client of the emulated shop, for tests that want to ask it directly."""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.client
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status.
        headers: Headers; names in lower case.
        body: The body, decompressed.
        bytes_received: Size of the body on the wire.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    bytes_received: int

    def json(self) -> Any:  # noqa: ANN401 - whatever JSON was answered
        """Return the decoded body."""
        return msgspec.json.decode(self.body)


@dataclass(slots=True)
class ShopClient:
    """Speaks to the emulated commercetools.

    Attributes:
        url: Base URL of the service, ``RunningSandbox.service_url("commercetools")``.
        project_key: Key of the project.
        headers: Sent with every request; `sign_in` adds the token.
    """

    url: str
    project_key: str = "sandbox-shop"
    headers: dict[str, str] = field(default_factory=dict)

    def token(
        self,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",  # noqa: S107 - made up, and printed in the documentation
        **fields: str,
    ) -> Answer:
        """Ask for a token; further form fields replace those of the client credentials flow."""
        return self.request(
            "POST",
            "/oauth/token",
            headers=basic(client_id, client_secret),
            body=urlencode({"grant_type": "client_credentials", **fields}).encode(),
        )

    def sign_in(self, **fields: str) -> ShopClient:
        """Get a token, keep it for all later requests, and return the client itself."""
        self.headers["Authorization"] = f"Bearer {self.token(**fields).json()['access_token']}"
        return self

    def get(self, path: str, **parameters: object) -> Answer:
        """Read a path of the project; a list as a parameter's value repeats the parameter."""
        return self.request("GET", f"/{self.project_key}{path}", parameters)

    def results(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        """Return the results of a query that must succeed.

        Raises:
            AssertionError: If it does not; the text is the answer.
        """
        answer = self.get(path, **parameters)
        if answer.status != http.client.OK:
            raise AssertionError(answer.body.decode(errors="replace"))
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def ids(self, path: str, **parameters: object) -> list[str]:
        """Return the ids of the results of a query that must succeed, in their order."""
        return [str(row["id"]) for row in self.results(path, **parameters)]

    def request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request to a path of the service."""
        query = urlencode(parameters or {}, doseq=True)
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_SECONDS)
        with contextlib.closing(connection):
            target = f"{urlsplit(self.url).path}{path}{'?' if query else ''}{query}"
            connection.request(method, target, body=body, headers={**self.headers, **(headers or {})})
            answer = connection.getresponse()
            received = answer.read()
        names = {name.lower(): value for name, value in answer.getheaders()}
        content = gzip.decompress(received) if names.get("content-encoding") == "gzip" else received
        return Answer(answer.status, names, content, len(received))


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic authentication."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}
