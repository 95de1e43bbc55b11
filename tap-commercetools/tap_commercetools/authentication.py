"""The access token: one for the whole tap, asked for when needed and renewed in time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
import requests

from tap_commercetools.errors import AccessError, RequestRefusedError
from tap_commercetools.scopes import GrantedScopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_commercetools.redaction import Redaction
    from tap_commercetools.settings import Settings
    from tap_commercetools.transport import Answer, Transport

_RENEW_SECONDS_BEFORE = 300.0


_Token = Annotated[str, msgspec.Meta(pattern="^[!-~]+$")]
"""What a header can carry."""
_Seconds = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]


class _TokenAnswer(msgspec.Struct):
    access_token: _Token
    expires_in: _Seconds
    token_type: str = "Bearer"  # noqa: S105 - a kind, and no token
    scope: str = ""


class _IntrospectionAnswer(msgspec.Struct):
    active: bool
    scope: str = ""


@dataclass(frozen=True, slots=True)
class _IssuedToken:
    value: str
    scope: str
    renew_at: float


class TokenSource:
    """Hands out the access token of one API client, to any number of threads.

    commercetools: the client credentials flow has no refresh token, so renewing is asking again; a token lives 48
    hours. Asking for no scope yields all that the API client has.

    Args:
        settings: The tap's settings.
        transport: Sends the requests.
        redaction: Is told each token, which must not be shown.
        monotonic: A clock that cannot be set.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        redaction: Redaction,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._redaction = redaction
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: _IssuedToken | None = None

    def token(self) -> str:
        """Return a token that is good for some minutes yet.

        Raises:
            AccessError: If the platform refuses the credentials or scopes.
            UnavailableError: If the authentication service cannot be reached.
        """
        return self._current().value

    def discard(self, token: str) -> None:
        """Forget a token that the platform has refused, unless another thread has already renewed it."""
        with self._lock:
            if self._token is not None and self._token.value == token:
                self._token = None

    def granted_scopes(self) -> GrantedScopes | None:
        """Return the scopes the token carries, from its answer or else by asking the platform to inspect it.

        Returns:
            The scopes; None if the platform does not tell.

        Raises:
            AccessError: If the platform refuses the credentials or scopes.
            UnavailableError: If the authentication service cannot be reached.
        """
        token = self._current()
        scope = token.scope or self._introspect(token.value)
        # Scopes are shown when one is missing; what holds a secret is none.
        known = " ".join(each for each in scope.split() if not self._redaction.holds_a_secret(each))
        return GrantedScopes.parse(known) if scope else None

    def _current(self) -> _IssuedToken:
        with self._lock:
            if self._token is None or self._monotonic() >= self._token.renew_at:
                self._token = self._ask()
            return self._token

    def _ask(self) -> _IssuedToken:
        form = {"grant_type": "client_credentials"}
        if self._settings.scopes:
            form["scope"] = " ".join(self._settings.scopes)
        asked_at = self._monotonic()
        try:
            answer = self._transport.post_form(
                f"{self._settings.auth_url}/oauth/token", form, self._credentials, _read_token
            )
        except RequestRefusedError as refusal:
            raise AccessError(_explain(refusal)) from refusal
        self._redaction.learn(answer.access_token)
        margin = min(_RENEW_SECONDS_BEFORE, answer.expires_in / 2)
        return _IssuedToken(answer.access_token, answer.scope, asked_at + answer.expires_in - margin)

    def _introspect(self, token: str) -> str:
        try:
            return self._transport.post_form(
                f"{self._settings.auth_url}/oauth/introspect", {"token": token}, self._credentials, _read_scope
            )
        except RequestRefusedError as refusal:
            if refusal.status == requests.codes.ok:
                raise
            return ""

    @property
    def _credentials(self) -> tuple[str, str]:
        return self._settings.client_id, self._settings.client_secret


def _read_token(answer: Answer) -> _TokenAnswer:
    token = msgspec.json.decode(answer.body, type=_TokenAnswer)
    if token.token_type.lower() != "bearer":
        message = "not a bearer token"
        raise msgspec.ValidationError(message)
    return token


def _read_scope(answer: Answer) -> str:
    return msgspec.json.decode(answer.body, type=_IntrospectionAnswer).scope


def _explain(refusal: RequestRefusedError) -> str:
    if refusal.code == "invalid_scope":
        return (
            f"{refusal}. The API client does not have one of the scopes asked for: "
            "correct the setting scopes or leave it out"
        )
    if refusal.code in {"invalid_client", "unauthorized_client"} or refusal.status in {401, 403}:
        return f"{refusal}. Check the settings client_id, client_secret and region (or auth_url)"
    return f"{refusal}. Check the setting region (or auth_url)"
