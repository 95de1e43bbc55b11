"""The commercetools HTTP API, as far as the tap uses it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_commercetools.authentication import TokenSource
from tap_commercetools.errors import RequestRefusedError
from tap_commercetools.platform_clock import PlatformClock
from tap_commercetools.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_commercetools.retry import RetryPolicy
    from tap_commercetools.scopes import GrantedScopes
    from tap_commercetools.settings import Settings

_DEPRECATION_HEADER = "X-DEPRECATION-NOTICE"


class _Envelope(msgspec.Struct):
    results: list[dict[str, Any]]
    limit: int | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope, float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a query.

    Attributes:
        rows: The rows, as the platform sent them; numbers with a fraction are exact decimals.
        is_last: Whether there are no rows behind these.
        deprecation: What the platform says about the request being out of date; empty if nothing.
    """

    rows: list[dict[str, Any]]
    is_last: bool
    deprecation: str


class CommercetoolsClient:
    """Reads pages of one project, with one session and one token for all streams and threads."""

    def __init__(self, settings: Settings, policy: RetryPolicy, user_agent: str) -> None:
        self._settings = settings
        self.clock = PlatformClock()
        self._transport = Transport(self.clock, policy, user_agent)
        self._tokens = TokenSource(settings, self._transport)

    def fetch_page(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        """Fetch one page of a collection.

        Args:
            path: The collection's path within the project, such as ``customers``.
            query: The query parameters.
            limit: The page size asked for in the query.

        Raises:
            AccessError: If the credentials are refused.
            RequestRefusedError: If the platform refuses the query.
            UnavailableError: If the platform cannot be reached or keeps failing.
        """
        url = f"{self._settings.api_url}/{self._settings.project_key}/{path}"

        def read(response: requests.Response) -> Page:
            envelope = _ENVELOPE.decode(response.content)
            honoured = limit if envelope.limit is None else min(limit, envelope.limit)
            notice = response.headers.get(_DEPRECATION_HEADER, "")
            return Page(envelope.results, len(envelope.results) < honoured, notice)

        token = self._tokens.token()
        try:
            return self._transport.get(url, query, token, read)
        except RequestRefusedError as refusal:
            if refusal.status != requests.codes.unauthorized:
                raise
        self._tokens.discard(token)
        return self._transport.get(url, query, self._tokens.token(), read)

    def sign_in(self) -> None:
        """Make sure of a token, and so of an answer that tells the platform's time; errors as in `fetch_page`."""
        self._tokens.token()

    def granted_scopes(self) -> GrantedScopes | None:
        """Return the scopes of the credentials, or None if the platform does not tell; errors as in `fetch_page`."""
        return self._tokens.granted_scopes()
