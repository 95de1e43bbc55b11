"""The schema of the GraphQL endpoint."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from commerce_sandbox.commercetools.graphql_api.root_fields import ROOT_FIELDS

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

    from commerce_sandbox.commercetools.graphql_api.root_fields import RootField
    from commerce_sandbox.commercetools.graphql_api.rows import QueryResult, Row

_LONG = GraphQLScalarType("Long", description="A 64-bit integer.")
_DATE_TIME = GraphQLScalarType("DateTime", description="A timestamp: ISO 8601, UTC, milliseconds.")


@cache
def schema() -> GraphQLSchema:
    """Return the schema; its root value is a ``Reader``.

    As on the platform no root field may be null: an error in one leaves the whole answer without data.
    """
    return GraphQLSchema(GraphQLObjectType("Query", {field.name: _root_field(field) for field in ROOT_FIELDS}))


def _root_field(field: RootField) -> GraphQLField:
    arguments = {
        "where": GraphQLArgument(GraphQLString),
        "sort": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLString))),
        "limit": GraphQLArgument(GraphQLInt),
        "offset": GraphQLArgument(GraphQLInt),
    }
    if field.in_container:
        arguments["container"] = GraphQLArgument(GraphQLNonNull(GraphQLString))
    return GraphQLField(GraphQLNonNull(_page_type(field)), arguments, resolve=_resolver(field))


def _resolver(field: RootField) -> Any:  # noqa: ANN401 - the library's own type of a resolver is open
    def resolve(_root: None, info: GraphQLResolveInfo[Any], **arguments: Any) -> QueryResult:
        result: QueryResult = info.context.read(field, arguments)
        return result

    return resolve


def _page_type(field: RootField) -> GraphQLObjectType:
    rows = GraphQLNonNull(GraphQLList(GraphQLNonNull(_row_type(field))))
    return GraphQLObjectType(
        f"{field.type_name}QueryResult",
        {
            "offset": GraphQLField(GraphQLNonNull(GraphQLInt)),
            "count": GraphQLField(GraphQLNonNull(GraphQLInt)),
            "total": GraphQLField(GraphQLNonNull(_LONG), resolve=_total),
            "results": GraphQLField(rows),
        },
    )


def _total(result: QueryResult, _info: GraphQLResolveInfo[Any]) -> int:
    return result.total()


def _row_type(field: RootField) -> GraphQLObjectType:
    fields = {
        "id": GraphQLField(GraphQLNonNull(GraphQLString)),
        "version": GraphQLField(GraphQLNonNull(_LONG)),
        "createdAt": GraphQLField(GraphQLNonNull(_DATE_TIME), resolve=_created_at),
        "lastModifiedAt": GraphQLField(GraphQLNonNull(_DATE_TIME), resolve=_last_modified_at),
    }
    if field.has_key:
        fields["key"] = GraphQLField(GraphQLString)
    if field.in_container:
        fields["container"] = GraphQLField(GraphQLNonNull(GraphQLString))
    return GraphQLObjectType(field.type_name, fields)


def _created_at(row: Row, _info: GraphQLResolveInfo[Any]) -> str:
    return row.created_at


def _last_modified_at(row: Row, _info: GraphQLResolveInfo[Any]) -> str:
    return row.last_modified_at
