"""The project's API: which answer a path and its parameters get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec

from commerce_sandbox.commercetools.errors import refuse_missing
from commerce_sandbox.commercetools.expansion import expand
from commerce_sandbox.commercetools.key_range import intersection, since, until
from commerce_sandbox.commercetools.prices import PRICE_PARAMETERS
from commerce_sandbox.commercetools.product_views import PROJECTION_PARAMETERS, asks_for_staged, take_variants_out
from commerce_sandbox.commercetools.query import check_parameters, group_parameters, read_query
from commerce_sandbox.commercetools.resource_types import MESSAGES, PROJECT_SCOPE, VARIANTS
from commerce_sandbox.commercetools.result_page import run_query
from commerce_sandbox.commercetools.targets import CUSTOM_OBJECTS, PRODUCTS, PROJECTIONS, Target, read_target
from commerce_sandbox.commercetools.views import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.commercetools.authorization import Authorization
    from commerce_sandbox.commercetools.key_range import KeyRange
    from commerce_sandbox.commercetools.limits import Limits
    from commerce_sandbox.commercetools.project import Project
    from commerce_sandbox.commercetools.query import Parameters, Query
    from commerce_sandbox.commercetools.resource_types import ResourceType
    from commerce_sandbox.commercetools.result_page import ResultPage, View
    from commerce_sandbox.commercetools.store import Document, Store

_IDENTIFIER_FIELDS = {"key": "key", "order-number": "orderNumber"}
_PRODUCT_SCOPE = "view_products"
_SECOND = 1_000_000
_DAY = 24 * 3600 * _SECOND
_DEPRECATED_LISTING = (
    "Querying custom objects of all containers is deprecated; query one container at custom-objects/{container}."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reading request gets.

    Attributes:
        body: JSON.
        headers: Headers besides the usual ones.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Api:
    """Answers the reading requests to the project.

    Args:
        clock: The sandbox's clock.
        authorization: Who may read what.
        store: The project's resources.
        project: The project's settings.
        project_key: Key of the project.
    """

    def __init__(
        self, clock: Clock, authorization: Authorization, store: Store, project: Project, project_key: str
    ) -> None:
        self._clock = clock
        self._authorization = authorization
        self._store = store
        self._project = project
        self._project_key = project_key

    def template_of(self, path: str) -> str:
        """Return a path with its variable parts as ``{name}``, for the journal."""
        segments = path.strip("/").split("/")
        target = read_target(segments[1:]) if len(segments) > 1 else None
        return "/{projectKey}" + (
            f"/{target.template}" if target is not None else "".join(f"/{s}" for s in segments[1:])
        )

    def is_graphql(self, path: str) -> bool:
        """Tell whether a path is the GraphQL endpoint of a project."""
        return path.strip("/").split("/")[1:] == ["graphql"]

    def granted(self, path: str, headers: Mapping[str, str]) -> frozenset[str]:
        """Return the scopes of a request to a path of the project.

        Raises:
            ApiError: 401 without a living token, 404 for a path of another project.
        """
        granted = self._authorization.scopes_of_request(headers)
        project_key = path.strip("/").split("/")[0]
        if project_key != self._project_key:
            refuse_missing(f"The project '{unquote(project_key)}' was not found.")
        return granted

    def answer(self, path: str, query_string: str, headers: Mapping[str, str], limits: Limits) -> Answer:
        """Answer a request.

        Args:
            path: Path below the service, still percent-encoded.
            query_string: Query string as sent.
            headers: The request's headers.
            limits: What the platform refuses at present.

        Raises:
            ApiError: Whatever is wrong with the request.
        """
        granted = self.granted(path, headers)
        segments = path.strip("/").split("/")[1:]
        parameters = group_parameters(parse_qsl(query_string, keep_blank_values=True))
        if not segments:
            self._authorization.check_scope(granted, [PROJECT_SCOPE])
            check_parameters(parameters, ())
            return Answer(msgspec.json.encode(self._project.document()))
        target = read_target(segments)
        if target is None or not self._is_available(target):
            refuse_missing(f"URI not found: {path}")
        if target.single is not None:
            return Answer(self._single(target, parameters, granted))
        query, page = self.page(target, parameters, granted, limits)
        body = page.body(query)
        limits.check_size(body)
        deprecated = target.resource_type.path == CUSTOM_OBJECTS and target.container is None
        return Answer(body, {"X-DEPRECATION-NOTICE": _DEPRECATED_LISTING} if deprecated else {})

    def has_match(self, path: str, query_string: str, headers: Mapping[str, str], limits: Limits) -> bool:
        """Tell whether a request, made with ``HEAD``, finds anything at all.

        Raises:
            ApiError: Whatever is wrong with the request.
        """
        body = self.answer(path, query_string, headers, limits).body
        envelope = msgspec.json.decode(body, type=_Envelope)
        return envelope.count is None or envelope.count > 0

    def page(
        self, target: Target, parameters: Parameters, granted: frozenset[str], limits: Limits
    ) -> tuple[Query, ResultPage]:
        """Run a query.

        Args:
            target: What is queried.
            parameters: The query's parameters, as of the HTTP API.
            granted: The token's scopes.
            limits: What the platform refuses at present.

        Raises:
            ApiError: Whatever is wrong with the query.
        """
        view = self._checked_view(target, parameters, granted)
        query = read_query(parameters, target.resource_type, _further_parameters(target.resource_type))
        limits.check_limit(query.limit)
        visible = self._visible(target, int(limits.late_rows_seconds * _SECOND))
        return query, run_query(query, self._store, target.table, visible, view, self._look_up)

    def _checked_view(self, target: Target, parameters: Parameters, granted: frozenset[str]) -> View | None:
        """Return how this request sees the rows, once it is sure that it may.

        Raises:
            ApiError: 403 for a missing scope, 400 for a parameter of the view that is malformed.
        """
        self._authorization.check_scope(granted, target.resource_type.scopes, target.store_key)
        drafts_allowed = self._authorization.has_scope(granted, _PRODUCT_SCOPE)
        if target.resource_type.path == PROJECTIONS and asks_for_staged(parameters) and not drafts_allowed:
            self._authorization.check_scope(granted, [_PRODUCT_SCOPE])
        return view_of(
            target,
            parameters,
            self._store,
            instant_now(self._clock),
            only_published=not drafts_allowed,
            modular=self._project.is_modular,
        )

    def _is_available(self, target: Target) -> bool:
        if target.resource_type.path == MESSAGES:
            return self._project.features.messages_enabled
        if target.resource_type.path == VARIANTS:
            return self._project.is_modular
        if target.selection is not None:
            kind, value = target.selection
            return any(row.get(kind) == value for row in self._store.all("product-selections"))
        return target.store_key is None or any(
            store.get("key") == target.store_key for store in self._store.all("stores")
        )

    def _visible(self, target: Target, late: int) -> KeyRange:
        """Return the range of the rows that a query can see: not too new, and messages not too old."""
        now = instant_now(self._clock)
        if target.resource_type.path != MESSAGES:
            return until(now - late)
        kept = self._project.features.messages_delete_days_after_creation * _DAY
        return intersection([since(now - kept), until(now - late)])

    def _single(self, target: Target, parameters: Parameters, granted: frozenset[str]) -> bytes:
        view = self._checked_view(target, parameters, granted)
        check_parameters(parameters, {"expand", *_further_parameters(target.resource_type)})
        kind, value = target.single or ("id", "")
        document = self._find(target, kind, value)
        if document is not None and view is not None:
            document = view(document)
        if document is None:
            label = {"id": "ID", "key": "key", "order-number": "order number"}[kind]
            refuse_missing(f"The Resource with {label} '{value}' was not found.")
        expand(document, parameters.get("expand", ()), self._look_up)
        return msgspec.json.encode(document)

    def _look_up(self, path: str, identifier: str) -> Document | None:
        """Return what a reference leads to; products come without variants in a Modular catalogue."""
        document = self._store.get(path, identifier)
        if document is not None and path == PRODUCTS and self._project.is_modular:
            for part in ("current", "staged"):
                take_variants_out(document["masterData"][part])
        return document

    def _find(self, target: Target, kind: str, value: str) -> Document | None:
        if kind == "id":
            row = self._store.table(target.table).get(value)
            visible = row is not None and row.key >= self._visible(target, 0).first
            return row.document() if row is not None and visible else None
        name = _IDENTIFIER_FIELDS[kind]
        return next(
            (
                document
                for document in self._store.all(target.table)
                if document.get(name) == value and target.container in {None, document.get("container")}
            ),
            None,
        )


class _Envelope(msgspec.Struct):
    """The part of an answer that tells whether a query found anything; absent for a single resource."""

    count: Any = None


def instant_now(clock: Clock) -> int:
    """Return the sandbox's time in microseconds since the epoch."""
    return int(clock.seconds() * _SECOND)


def _further_parameters(resource_type: ResourceType) -> tuple[str, ...]:
    if resource_type.path == PROJECTIONS:
        return PROJECTION_PARAMETERS
    return PRICE_PARAMETERS if resource_type.path == PRODUCTS else ()
