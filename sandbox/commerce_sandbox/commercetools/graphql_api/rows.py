"""What a root field of the GraphQL endpoint finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.commercetools.resource_types import RESOURCE_TYPES
from commerce_sandbox.commercetools.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.commercetools.api import Api
    from commerce_sandbox.commercetools.graphql_api.root_fields import RootField
    from commerce_sandbox.commercetools.limits import Limits
    from commerce_sandbox.commercetools.query import Parameters


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """The members of a resource that the endpoint offers; decoding just these is cheap."""

    id: str
    version: int
    created_at: str
    last_modified_at: str
    key: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one request.

    Attributes:
        api: The HTTP API, whose queries these are.
        granted: The token's scopes.
        limits: What the platform refuses at present.
    """

    api: Api
    granted: frozenset[str]
    limits: Limits

    def read(self, field: RootField, arguments: Mapping[str, Any]) -> QueryResult:
        """Run the query of a root field.

        Raises:
            ApiError: Whatever is wrong with the query, as in the HTTP API.
        """
        target = Target(RESOURCE_TYPES[field.path], field.path, container=arguments.get("container"))
        parameters = _parameters(arguments)
        query, page = self.api.page(target, {**parameters, "withTotal": ["false"]}, self.granted, self.limits)
        rows = [msgspec.json.decode(row, type=Row) for row in page.results]
        return QueryResult(self, target, parameters, query.offset, rows)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A page, and how to count all that match; counting takes a second query, made only if it is asked for."""

    reader: Reader
    target: Target
    parameters: Parameters
    offset: int
    results: list[Row]

    @property
    def count(self) -> int:
        """How many rows the page has."""
        return len(self.results)

    def total(self) -> int:
        """Return how many rows match.

        Raises:
            ApiError: Whatever is wrong with the query.
        """
        parameters = {**self.parameters, "limit": ["0"], "offset": ["0"], "withTotal": ["true"]}
        reader = self.reader
        _, page = reader.api.page(self.target, parameters, reader.granted, reader.limits)
        return page.total or 0


def _parameters(arguments: Mapping[str, Any]) -> Parameters:
    """Return a root field's arguments as parameters of the HTTP API; null is as if not given."""
    parameters: Parameters = {}
    for name in ("where", "limit", "offset"):
        if arguments.get(name) is not None:
            parameters[name] = [str(arguments[name])]
    if arguments.get("sort"):
        parameters["sort"] = list(arguments["sort"])
    return parameters
