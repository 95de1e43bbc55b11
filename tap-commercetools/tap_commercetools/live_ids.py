"""Asks which rows of a collection exist, ids only, through the GraphQL interface."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tap_commercetools.errors import RequestRefusedError, TapError
from tap_commercetools.page_size import LARGEST_PAGE, PageSize
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


class _Row(msgspec.Struct):
    id: str


class _Result(msgspec.Struct):
    results: list[_Row]


class _Extensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _Answer(msgspec.Struct):
    data: dict[str, _Result | None] | None = None
    errors: list[_Error] = []


@dataclass(frozen=True, slots=True)
class IdQuery:
    """A page of the ids of one collection, in the order of ids.

    Attributes:
        collection: The field of the GraphQL query type, such as ``categories``.
        container: The container, for custom objects.
        behind: The id to continue behind, if there is one.
        limit: How many ids at most.
    """

    collection: str
    container: str | None = None
    behind: str | None = None
    limit: int = LARGEST_PAGE

    def body(self) -> bytes:
        """Return the request's body."""
        variables: dict[str, object] = {"limit": self.limit}
        if self.behind is not None:
            variables["where"] = f"id > {msgspec.json.encode(self.behind).decode()}"
        if self.container is not None:
            variables["container"] = self.container
        container = ("", "") if self.container is None else (", $container: String!", ", container: $container")
        query = (
            f"query($limit: Int, $where: String{container[0]}) {{ {self.collection}"
            f'(limit: $limit, where: $where, sort: ["id asc"]{container[1]}) {{ results {{ id }} }} }}'
        )
        return msgspec.json.encode({"query": query, "variables": variables})

    def read(self, content: bytes) -> list[str]:
        """Return the ids of an answer.

        Raises:
            RequestRefusedError: If the platform refuses the query, which it does with HTTP 200.
            msgspec.DecodeError: If the answer is not the JSON expected.
        """
        answer = msgspec.json.decode(content, type=_Answer)
        if answer.errors:
            code = answer.errors[0].extensions.code
            message = f"the GraphQL query of {self.collection} was refused: {code or 'no code'}"
            raise RequestRefusedError(message, status=200, code=code)
        result = (answer.data or {}).get(self.collection)
        if result is None:
            message = f"no {self.collection} in the answer"
            raise msgspec.DecodeError(message)
        return [row.id for row in result.results]


def live_ids(fetch: Callable[[IdQuery], list[str]], collection: str, container: str | None) -> Iterator[str]:
    """Yield all ids of a collection, in their order.

    A page that the platform finds too heavy is asked for again at half its size.

    Args:
        fetch: Fetches a page.
        collection: The field of the GraphQL query type.
        container: The container, for custom objects.

    Raises:
        RequestRefusedError: If the platform refuses the query.
        TapError: If even one id at a time is too much for the platform.
    """
    size = PageSize(LARGEST_PAGE)
    behind: str | None = None
    while True:
        query = IdQuery(collection, container, behind, size.rows)
        try:
            page = fetch(query)
        except RequestRefusedError as refusal:
            if refusal.code not in SMALLER_PAGE_HELPS:
                raise
            if not size.shrink(query.limit):
                message = (
                    f"the ids of {collection} cannot be read: even one at a time is too much for the platform "
                    f"({refusal}). Run again later, or deselect the stream deletions"
                )
                raise TapError(message) from refusal
            logger.warning("ids of %s: %s; asking for %d at a time", collection, refusal.code, size.rows)
            continue
        size.succeeded()
        yield from page
        if len(page) < query.limit:
            return
        behind = page[-1]
