"""The project's API: which answer a path and its parameters get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec

from commerce_sandbox.commercetools.errors import refuse_missing
from commerce_sandbox.commercetools.expansion import expand
from commerce_sandbox.commercetools.key_range import until
from commerce_sandbox.commercetools.product_views import (
    PRODUCT_PARAMETERS,
    PROJECTION_PARAMETERS,
    asks_for_staged,
    product_view,
    projection_view,
)
from commerce_sandbox.commercetools.query import check_parameters, group_parameters, read_query
from commerce_sandbox.commercetools.resource_types import PROJECT_SCOPE, RESOURCE_TYPES
from commerce_sandbox.commercetools.result_page import run_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.authorization import Authorization
    from commerce_sandbox.commercetools.limits import Limits
    from commerce_sandbox.commercetools.query import Parameters
    from commerce_sandbox.commercetools.resource_types import ResourceType
    from commerce_sandbox.commercetools.result_page import View
    from commerce_sandbox.commercetools.store import Document, Store

_PROJECTIONS = "product-projections"
_PRODUCTS = "products"
_MESSAGES = "messages"
_IDENTIFIER_FIELDS = {"key": "key", "order-number": "orderNumber"}
_PRODUCT_SCOPE = "view_products"


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to.

    Attributes:
        resource_type: The kind of resource.
        template: The path with its variable parts as ``{name}``.
        store_key: Key of the store, for an in-store path.
        single: What names the one resource wanted (``id``, ``key`` or ``order-number``) and its value; None for
            a query.
    """

    resource_type: ResourceType
    template: str
    store_key: str | None
    single: tuple[str, str] | None


class Api:
    """Answers the reading requests to the project.

    Args:
        clock: The sandbox's clock.
        authorization: Who may read what.
        store: The project's resources.
        project: The project's settings, as the platform shows them.
        project_key: Key of the project.
    """

    def __init__(
        self, clock: Clock, authorization: Authorization, store: Store, project: Document, project_key: str
    ) -> None:
        self._clock = clock
        self._authorization = authorization
        self._store = store
        self._project = {**project, "key": project_key}
        self._project_key = project_key

    def template_of(self, path: str) -> str:
        """Return a path with its variable parts as ``{name}``, for the journal."""
        segments = path.strip("/").split("/")
        target = self._target(segments[1:]) if len(segments) > 1 else None
        return "/{projectKey}" + (
            f"/{target.template}" if target is not None else "".join(f"/{s}" for s in segments[1:])
        )

    def answer(self, path: str, query_string: str, headers: Mapping[str, str], limits: Limits) -> bytes:
        """Answer a request with JSON.

        Args:
            path: Path below the service, still percent-encoded.
            query_string: Query string as sent.
            headers: The request's headers.
            limits: What the platform refuses at present.

        Raises:
            ApiError: Whatever is wrong with the request.
        """
        granted = self._authorization.scopes_of_request(headers)
        project_key, *segments = path.strip("/").split("/")
        if project_key != self._project_key:
            refuse_missing(f"The project '{unquote(project_key)}' was not found.")
        parameters = group_parameters(parse_qsl(query_string, keep_blank_values=True))
        if not segments:
            self._authorization.check_scope(granted, [PROJECT_SCOPE])
            check_parameters(parameters, ())
            return msgspec.json.encode(self._project)
        target = self._target(segments)
        if target is None or not self._is_available(target):
            refuse_missing(f"URI not found: {path}")
        self._authorization.check_scope(granted, target.resource_type.scopes, target.store_key)
        view = self._view(target, parameters, granted)
        if target.single is not None:
            return self._single(target, parameters, view)
        return self._page(target, parameters, view, limits)

    def has_match(self, path: str, query_string: str, headers: Mapping[str, str], limits: Limits) -> bool:
        """Tell whether a request, made with ``HEAD``, finds anything at all.

        Raises:
            ApiError: Whatever is wrong with the request.
        """
        body = self.answer(path, query_string, headers, limits)
        envelope = msgspec.json.decode(body, type=_Envelope)
        return envelope.count is None or envelope.count > 0

    def _target(self, segments: Sequence[str]) -> Target | None:
        store_key, prefix, rest = None, "", list(segments)
        if rest[0] == "in-store" and len(rest) > 1 and rest[1].startswith("key="):
            store_key, prefix, rest = unquote(rest[1][4:]), "in-store/key={storeKey}/", rest[2:]
        for length in (2, 1):
            resource_type = RESOURCE_TYPES.get("/".join(rest[:length]))
            if resource_type is not None and len(rest) >= length:
                single = _single_name(resource_type, rest[length:])
                if len(rest) > length and single is None:
                    return None
                in_store = resource_type.in_store or (resource_type.path == _PROJECTIONS and single is not None)
                if store_key is not None and not in_store:
                    return None
                suffix = "" if single is None else "/{id}" if single[0] == "id" else f"/{single[0]}={{{single[0]}}}"
                return Target(resource_type, f"{prefix}{resource_type.path}{suffix}", store_key, single)
        return None

    def _is_available(self, target: Target) -> bool:
        if target.resource_type.path == _MESSAGES:
            enabled: bool = self._project.get("messages", {}).get("enabled", False)
            return enabled
        return target.store_key is None or any(
            store.get("key") == target.store_key for store in self._store.all("stores")
        )

    def _view(self, target: Target, parameters: Parameters, granted: frozenset[str]) -> View | None:
        """Return how this request sees the rows: store, publication and projection."""
        now = instant_now(self._clock)
        drafts_allowed = self._authorization.has_scope(granted, _PRODUCT_SCOPE)
        if target.resource_type.path == _PROJECTIONS:
            if asks_for_staged(parameters) and not drafts_allowed:
                self._authorization.check_scope(granted, [_PRODUCT_SCOPE])
            return projection_view(parameters, now)
        if target.resource_type.path == _PRODUCTS:
            return product_view(parameters, now, only_published=not drafts_allowed)
        if target.store_key is not None:
            store_key = target.store_key
            return lambda document: document if _belongs_to(document, store_key) else None
        return None

    def _page(self, target: Target, parameters: Parameters, view: View | None, limits: Limits) -> bytes:
        query = read_query(parameters, target.resource_type, _further_parameters(target.resource_type))
        limits.check_limit(query.limit)
        visible = until(instant_now(self._clock) - int(limits.late_rows_seconds * 1_000_000))
        path = _PRODUCTS if target.resource_type.path == _PROJECTIONS else target.resource_type.path
        body = run_query(query, self._store, path, visible, view).body(query)
        limits.check_size(body)
        return body

    def _single(self, target: Target, parameters: Parameters, view: View | None) -> bytes:
        check_parameters(parameters, {"expand", *_further_parameters(target.resource_type)})
        path = _PRODUCTS if target.resource_type.path == _PROJECTIONS else target.resource_type.path
        kind, value = target.single or ("id", "")
        document = self._find(path, kind, value)
        if document is not None and view is not None:
            document = view(document)
        if document is None:
            label = {"id": "ID", "key": "key", "order-number": "order number"}[kind]
            refuse_missing(f"The Resource with {label} '{value}' was not found.")
        expand(document, parameters.get("expand", ()), self._store)
        return msgspec.json.encode(document)

    def _find(self, path: str, kind: str, value: str) -> Document | None:
        if kind == "id":
            return self._store.get(path, value)
        field = _IDENTIFIER_FIELDS[kind]
        return next((document for document in self._store.all(path) if document.get(field) == value), None)


class _Envelope(msgspec.Struct):
    """The part of an answer that tells whether a query found anything; absent for a single resource."""

    count: Any = None


def instant_now(clock: Clock) -> int:
    """Return the sandbox's time in microseconds since the epoch."""
    return int(clock.seconds() * 1_000_000)


def _single_name(resource_type: ResourceType, rest: Sequence[str]) -> tuple[str, str] | None:
    if len(rest) != 1 or not rest[0]:
        return None
    kind, equals, value = rest[0].partition("=")
    if not equals:
        return "id", unquote(kind)
    if (kind == "key" and resource_type.has_key) or (kind == "order-number" and resource_type.path == "orders"):
        return kind, unquote(value)
    return None


def _further_parameters(resource_type: ResourceType) -> tuple[str, ...]:
    if resource_type.path == _PROJECTIONS:
        return PROJECTION_PARAMETERS
    return PRODUCT_PARAMETERS if resource_type.path == _PRODUCTS else ()


def _belongs_to(document: Document, store_key: str) -> bool:
    references = [document.get("store"), *document.get("stores", ())]
    return any(isinstance(reference, dict) and reference.get("key") == store_key for reference in references)
