"""Tells which streams the credentials can read, before anything is read and when something was refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import requests

from tap_commercetools.errors import AccessError, RequestRefusedError, TapError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Sequence

    from tap_commercetools.commercetools_stream import CommercetoolsStream
    from tap_commercetools.scopes import GrantedScopes
    from tap_commercetools.settings import Settings
    from tap_commercetools.stream_definition import AnyOf, StreamDefinition


_KEY = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{2,36}")
"""A project's key; what else stands in a scope is none of it."""


def missing_scope(definition: StreamDefinition, granted: GrantedScopes | None, settings: Settings) -> str | None:
    """Return the scope a stream lacks, or None if it lacks none or the platform does not tell."""
    if granted is None:
        return None
    stores = definition.stores(settings)
    lacking = [any_of for any_of in definition.scopes if not granted.allow(settings.project_key, any_of, stores)]
    return needed_scopes(lacking) or None


def needed_scopes(groups: Sequence[AnyOf]) -> str:
    """Return the scopes needed, as text.

    Args:
        groups: Of each group any one scope is enough.
    """
    alternatives = [" or ".join(any_of) for any_of in groups]
    if len(alternatives) > 1:
        alternatives = [f"({text})" if " or " in text else text for text in alternatives]
    return " and ".join(alternatives)


def require_access(definitions: Iterable[StreamDefinition], granted: GrantedScopes | None, settings: Settings) -> None:
    """Check that the credentials can read these streams.

    Args:
        definitions: The streams that are to be read.
        granted: What the token allows, if the platform tells.
        settings: The tap's settings.

    Raises:
        AccessError: If a scope is missing; names all of them.
    """
    lacking = [
        f"{definition.name} needs {scope}"
        for definition in definitions
        if (scope := missing_scope(definition, granted, settings)) is not None
    ]
    if not lacking:
        return
    projects = granted.projects() if granted else set()
    if projects and settings.project_key not in projects:
        shown = ", ".join(sorted(filter(_KEY.fullmatch, projects - {settings.client_secret})))
        message = (
            f"setting project_key names another project than the API client's{f', which is {shown}' if shown else ''}: "
            "correct project_key, or client_id and client_secret"
        )
        raise AccessError(message)
    message = (
        f"the API client lacks scopes: {'; '.join(lacking)}. Grant them, or deselect the "
        "streams in the catalog; nothing has been read"
    )
    raise AccessError(message)


def explain_refusal(refusal: RequestRefusedError, definition: StreamDefinition) -> TapError:
    """Say what a refused query means for the person who runs the tap.

    Args:
        refusal: The platform's refusal.
        definition: The stream that was read.
    """
    advice = {
        requests.codes.unauthorized: (
            "The token just issued is not accepted: check that the settings api_url and auth_url belong together"
        ),
        requests.codes.forbidden: f"Grant the API client the scope {needed_scopes(definition.scopes)}",
        requests.codes.not_found: (
            "Check the settings project_key and region (or api_url); the project may also not have "
            f"{definition.path or 'it'}"
        ),
    }.get(refusal.status, "The query itself is refused; this is a defect of the tap or a change of the platform")
    kind = AccessError if refusal.status in {401, 403, 404} else TapError
    return kind(f"stream {definition.name}: {refusal}. {advice}")


def check_streams(
    streams: Sequence[CommercetoolsStream], granted: GrantedScopes | None, settings: Settings, logger: logging.Logger
) -> None:
    """Try to read something of each stream and log what works.

    Args:
        streams: The streams to try.
        granted: What the token allows, if the platform tells.
        settings: The tap's settings.
        logger: Where the findings go.

    Raises:
        AccessError: If a stream cannot be read; names all of them.
    """
    failed = []
    for stream in streams:
        scope = missing_scope(stream.definition, granted, settings)
        if scope is not None:
            logger.error("%s: cannot be read, the API client lacks the scope %s", stream.name, scope)
            failed.append(stream.name)
            continue
        try:
            stream.check()
        except RequestRefusedError as refusal:
            logger.error("%s: cannot be read, %s", stream.name, stream.explain(refusal))  # noqa: TRY400 - the text says it all
            failed.append(stream.name)
        else:
            logger.info("%s: can be read", stream.name)
    if failed:
        message = f"{len(failed)} of {len(streams)} streams cannot be read: {', '.join(failed)}"
        raise AccessError(message)
