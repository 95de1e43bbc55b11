"""Tokens and scopes: who may read what, for how long."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from commerce_sandbox.commercetools.errors import ApiError
from commerce_sandbox.commercetools.resource_types import VIEW_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.settings import CommercetoolsSettings

_MANAGE = "manage_"
_VIEW = "view_"


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out.

    Attributes:
        scopes: Each as ``name:projectKey`` or ``name:projectKey:storeKey``.
        expires_at: Seconds since the epoch, by the sandbox's clock.
    """

    scopes: tuple[str, ...]
    expires_at: float


class Authorization:
    """The auth service of the project and the guard of its API.

    Args:
        clock: The sandbox's clock.
        settings: The API client, its scopes, how long tokens live.
    """

    def __init__(self, clock: Clock, settings: CommercetoolsSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._tokens: dict[str, Token] = {}
        names = VIEW_SCOPES if settings.scopes is None else settings.scopes
        self._client_scopes = tuple(self._in_project(name) for name in names)

    def forget_tokens(self) -> None:
        """Make all tokens given out so far invalid."""
        self._tokens.clear()

    def give_token(self, headers: Mapping[str, str], query: str, body: str) -> dict[str, Any]:
        """Answer a token request.

        Args:
            headers: The request's headers.
            query: Its query string: parameters may stand here or in the body.
            body: Its body, form encoded.

        Raises:
            ApiError: 401 for wrong credentials, 400 for another grant type or too many scopes.
        """
        self._check_client(headers)
        fields = {**_fields(query), **_fields(body)}
        grant_type = fields.get("grant_type")
        if grant_type is None:
            raise ApiError(400, "invalid_request", "Missing required parameter: grant_type", oauth=True)
        if grant_type != "client_credentials":
            raise ApiError(400, "unsupported_grant_type", f"Unsupported grant type: {grant_type}", oauth=True)
        scopes = tuple(fields.get("scope", "").split()) or self._client_scopes
        missing = [scope for scope in scopes if not self._covered(scope)]
        if missing:
            message = (
                f"Malformed parameter: scope: Permissions exceeded. The client has the scopes "
                f"'{' '.join(self._client_scopes)}', not '{' '.join(missing)}'."
            )
            raise ApiError(400, "invalid_scope", message, oauth=True)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = Token(scopes, self._clock.seconds() + self._settings.token_seconds)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self._settings.token_seconds,
            "scope": " ".join(scopes),
        }

    def introspect(self, headers: Mapping[str, str], body: str) -> dict[str, Any]:
        """Tell what a token may do and until when (``exp`` in milliseconds since the epoch).

        Raises:
            ApiError: 401 for wrong credentials, 400 if no token is given.
        """
        self._check_client(headers)
        text = _fields(body).get("token")
        if text is None:
            raise ApiError(400, "invalid_request", "Missing required parameter: token", oauth=True)
        token = self._living(text)
        if token is None:
            return {"active": False}
        return {"active": True, "scope": " ".join(token.scopes), "exp": int(token.expires_at * 1000)}

    def scopes_of_request(self, headers: Mapping[str, str]) -> frozenset[str]:
        """Return the scopes of the token that an API call carries.

        Raises:
            ApiError: 401 if there is none, or if it is unknown or expired.
        """
        kind, _, text = headers.get("authorization", "").partition(" ")
        token = self._living(text.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise ApiError(401, "invalid_token", "invalid_token", oauth=True)
        return frozenset(token.scopes)

    def check_scope(self, granted: Iterable[str], names: Iterable[str], store_key: str | None = None) -> None:
        """Make sure that one of the scopes is granted.

        Args:
            granted: The token's scopes.
            names: Names of scopes, any one of which suffices.
            store_key: The store whose in-store path is read: a scope for that store suffices too.

        Raises:
            ApiError: 403 that names the scopes missing.
        """
        names, granted = list(names), frozenset(granted)
        if not any(self._grants(granted, name, store_key) for name in names):
            message = f"Insufficient scope. One of the following scopes is missing: {', '.join(names)}."
            raise ApiError(403, "insufficient_scope", message, oauth=True)

    def has_scope(self, granted: Iterable[str], name: str) -> bool:
        """Tell whether a scope is granted for the whole project."""
        return self._grants(frozenset(granted), name, None)

    def _grants(self, granted: frozenset[str], name: str, store_key: str | None) -> bool:
        names = {name, name.replace(_VIEW, _MANAGE, 1), "manage_project"}
        wanted = {self._in_project(each) for each in names}
        if store_key is not None:
            wanted |= {f"{scope}:{store_key}" for scope in wanted}
        return not wanted.isdisjoint(granted)

    def _covered(self, scope: str) -> bool:
        name, _, rest = scope.partition(":")
        project_key, _, store_key = rest.partition(":")
        own = frozenset(self._client_scopes)
        return scope in own or (
            project_key == self._settings.project_key and self._grants(own, name, store_key or None)
        )

    def _in_project(self, name: str) -> str:
        scope, _, store_key = name.partition(":")
        return ":".join(filter(None, (scope, self._settings.project_key, store_key)))

    def _living(self, text: str) -> Token | None:
        token = self._tokens.get(text)
        return token if token is not None and token.expires_at > self._clock.seconds() else None

    def _check_client(self, headers: Mapping[str, str]) -> None:
        kind, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        expected = f"{self._settings.client_id}:{self._settings.client_secret}"
        if kind.lower() != "basic" or not secrets.compare_digest(decoded.encode(), expected.encode()):
            message = "Please provide valid client credentials using HTTP Basic Authentication."
            raise ApiError(401, "invalid_client", message, oauth=True)


def _fields(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded).items()}
