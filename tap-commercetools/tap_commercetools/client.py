"""The commercetools HTTP API, as far as the tap uses it."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING, TypeVar

import requests

from tap_commercetools.authentication import TokenSource
from tap_commercetools.errors import RequestRefusedError, UnexpectedAnswerError
from tap_commercetools.page import Page
from tap_commercetools.parallel_limit import ParallelLimit
from tap_commercetools.platform_clock import PlatformClock
from tap_commercetools.project import Project
from tap_commercetools.redaction import Redaction
from tap_commercetools.transport import AnswerLimits, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_commercetools.live_ids import IdQuery
    from tap_commercetools.retry import RetryPolicy
    from tap_commercetools.scopes import GrantedScopes
    from tap_commercetools.settings import Settings
    from tap_commercetools.transport import Answer

_DEPRECATION_HEADER = "X-DEPRECATION-NOTICE"

T = TypeVar("T")


class CommercetoolsClient:
    """Reads pages of one project, with one session and one token for all streams and threads."""

    def __init__(
        self,
        settings: Settings,
        policy: RetryPolicy,
        user_agent: str,
        limits: AnswerLimits = AnswerLimits(),  # noqa: B008 - it cannot change
    ) -> None:
        self._settings = settings
        self.clock = PlatformClock()
        secret = settings.client_secret
        in_header = base64.b64encode(f"{settings.client_id}:{secret}".encode()).decode()
        self._redaction = Redaction((secret, in_header))
        parallel = ParallelLimit(settings.max_parallel_requests)
        self._transport = Transport(self.clock, policy, user_agent, parallel, self._redaction, limits)
        self._tokens = TokenSource(settings, self._transport, self._redaction)

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

        def read(answer: Answer) -> Page:
            page = Page.read(answer.body, self._redaction.clean(answer.headers.get(_DEPRECATION_HEADER, "")))
            if page.limit != limit or len(page.documents) > limit:
                message = (
                    f"holds {len(page.documents)} rows and answers a question for {page.limit}, where {limit} were "
                    "asked for"
                )
                raise UnexpectedAnswerError(message)
            return page

        return self._with_token(lambda token: self._transport.get(self._url(path), query, token, read))

    def fetch_project(self) -> Project:
        """Fetch the project's settings; errors as in `fetch_page`."""

        def read(answer: Answer) -> Project:
            return Project.read(answer.body, self._settings.project_key)

        return self._with_token(lambda token: self._transport.get(self._url(), (), token, read))

    def fetch_ids(self, query: IdQuery) -> list[str]:
        """Fetch ids and nothing else, which only the GraphQL interface can; errors as in `fetch_page`."""

        def read(answer: Answer) -> list[str]:
            return query.read(answer.body)

        return self._with_token(
            lambda token: self._transport.post_json(self._url("graphql"), query.body(), token, read)
        )

    def sign_in(self) -> None:
        """Make sure of a token, and that both hosts have told the platform's time; errors as in `fetch_page`."""
        self._tokens.token()
        with contextlib.suppress(RequestRefusedError):  # a refusal tells the time, too
            self.fetch_project()

    def granted_scopes(self) -> GrantedScopes | None:
        """Return the scopes of the credentials, or None if the platform does not tell; errors as in `fetch_page`."""
        return self._tokens.granted_scopes()

    def _url(self, path: str = "") -> str:
        return f"{self._settings.api_url}/{self._settings.project_key}{'/' if path else ''}{path}"

    def _with_token(self, send: Callable[[str], T]) -> T:
        token = self._tokens.token()
        try:
            return send(token)
        except RequestRefusedError as refusal:
            if refusal.status != requests.codes.unauthorized:
                raise
        self._tokens.discard(token)
        return send(self._tokens.token())
