"""Asks which rows of a collection exist, ids only, through the GraphQL interface."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, UnexpectedAnswerError
from tap_commercetools.page_size import EMPTY_ANSWERS_AT_THE_END, LARGEST_PAGE, PageSize
from tap_commercetools.transport import SMALLER_PAGE_HELPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


_REFUSALS = {**dict.fromkeys(SMALLER_PAGE_HELPS, 400), "insufficient_scope": 403}
"""Codes of errors that asking once more does not cure, with the status they have where the answer is none of 200."""


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
            RequestRefusedError: If the page is too heavy, which the platform says with HTTP 200.
            UnexpectedAnswerError: If it holds errors, or not what was asked for.
            msgspec.DecodeError: If it is not the JSON expected.
        """
        answer = msgspec.json.decode(content, type=_Answer)
        if answer.errors:
            code = answer.errors[0].extensions.code
            if code in _REFUSALS:
                message = f"the GraphQL query of {self.collection} was refused: {code}"
                raise RequestRefusedError(message, status=_REFUSALS[code], code=code)
            message = f"holds errors instead of {self.collection}"
            raise UnexpectedAnswerError(message)
        result = (answer.data or {}).get(self.collection)
        if result is None:
            message = f"does not hold {self.collection}"
            raise UnexpectedAnswerError(message)
        return [row.id for row in result.results]


def live_ids(fetch: Callable[[IdQuery], list[str]], collection: str, container: str | None) -> Iterator[str]:
    """Yield all ids of a collection, in their order.

    A page that holds less than was asked for need not be the last: the end is where two answers in a row are empty.

    A page that the platform finds too heavy is asked for again at half its size.

    Args:
        fetch: Fetches a page.
        collection: The field of the GraphQL query type.
        container: The container, for custom objects.

    Raises:
        OrderError: If the ids do not come in their order: asking on would go round in a circle.
        RequestRefusedError: If the platform refuses the query.
        TapError: If even one id at a time is too much for the platform.
    """
    size = PageSize(LARGEST_PAGE)
    behind: str | None = None
    empty = 0
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
        empty = 0 if page else empty + 1
        if empty == EMPTY_ANSWERS_AT_THE_END:
            return
        for identifier in page:
            if behind is not None and identifier <= behind:
                message = (
                    f"the ids of {collection} came in another order than asked for; stopping rather than taking rows "
                    "for gone. Run again; if it stays, report it to the platform's support"
                )
                raise OrderError(message)
            behind = identifier
        yield from page
