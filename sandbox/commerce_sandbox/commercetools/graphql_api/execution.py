"""From the body of a GraphQL request to the body of its answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLError, GraphQLSyntaxError, execute_sync, parse, validate

from commerce_sandbox.commercetools.errors import ApiError
from commerce_sandbox.commercetools.graphql_api.schema import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import DocumentNode

    from commerce_sandbox.commercetools.graphql_api.rows import Reader

_QUERIES_REMEMBERED = 100


class GraphQLRequest(msgspec.Struct, frozen=True):
    """The body of a request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")


def answer(body: bytes, reader: Reader) -> bytes:
    """Run the query of a request and return the body of the answer, errors included.

    Raises:
        ApiError: 400 if the body is not JSON, or not that of a GraphQL request.
    """
    try:
        request = msgspec.json.decode(body, type=GraphQLRequest)
    except msgspec.ValidationError as error:
        raise ApiError(400, "InvalidInput", f"The request body does not fit: {error}") from error
    except msgspec.DecodeError as error:
        raise ApiError(400, "InvalidJsonInput", "Request body does not contain valid JSON.") from error
    document, errors = _document(request.query)
    if document is None:
        return _written(None, errors)
    result = execute_sync(
        schema(),
        document,
        context_value=reader,
        variable_values=request.variables,
        operation_name=request.operation_name,
    )
    written = _written(result.data, result.errors or ())
    try:
        reader.limits.check_size(written)
    except ApiError as error:
        return _written(None, [GraphQLError(error.message, original_error=error)])
    return written


@lru_cache(maxsize=_QUERIES_REMEMBERED)
def _document(query: str) -> tuple[DocumentNode | None, Sequence[GraphQLError]]:
    """Return a query, parsed and checked, or what is wrong with it; clients send the same one page after page."""
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return None, [error]
    errors = validate(schema(), document)
    return (None, [_semantic(error) for error in errors]) if errors else (document, ())


def _semantic(error: GraphQLError) -> GraphQLError:
    return GraphQLError(error.message, error.nodes, extensions={"code": "SemanticError"})


def _written(data: dict[str, Any] | None, errors: Sequence[GraphQLError]) -> bytes:
    answered: dict[str, Any] = {"data": data}
    if errors:
        answered["errors"] = [_error(error) for error in errors]
    return msgspec.json.encode(answered)


def _error(error: GraphQLError) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "message": error.message,
        "locations": [{"line": place.line, "column": place.column} for place in error.locations or ()],
        "extensions": {**(error.extensions or {}), "code": _code(error)},
    }
    return shown | ({"path": error.path} if error.path is not None else {})


def _code(error: GraphQLError) -> str:
    if isinstance(error.original_error, ApiError):
        return error.original_error.code
    if isinstance(error, GraphQLSyntaxError):
        return "SyntaxError"
    return str((error.extensions or {}).get("code", "InvalidInput"))
