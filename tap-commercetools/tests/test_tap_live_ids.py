"""Which rows exist, asked page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.errors import OrderError, RequestRefusedError, TapError, UnexpectedAnswerError
from tap_commercetools.live_ids import IdQuery, live_ids


@dataclass
class Collection:
    """Ids in pages, refused when a page has more of them than it can bear."""

    ids: list[str]
    bearable: int = 500
    code: str = "QueryTimedOut"
    status: int = 400
    queries: list[IdQuery] = field(default_factory=list)

    def fetch(self, query: IdQuery) -> list[str]:
        self.queries.append(query)
        if query.limit > self.bearable:
            message = "refused"
            raise RequestRefusedError(message, status=self.status, code=self.code)
        return [each for each in self.ids if query.behind is None or each > query.behind][: query.limit]


@given(st.integers(0, 1200), st.integers(1, 600))
def test_all_ids_come_once_and_in_order_whatever_a_page_can_bear(count: int, bearable: int) -> None:
    collection = Collection([f"{number:05d}" for number in range(count)], bearable)
    assert list(live_ids(collection.fetch, "categories", None)) == collection.ids


@pytest.mark.parametrize("code", ["QueryTimedOut", "ContentTooLarge"])
@pytest.mark.parametrize("status", [200, 400, 504])
def test_a_page_too_heavy_is_halved_until_it_is_not(code: str, status: int) -> None:
    collection = Collection([f"{number:03d}" for number in range(70)], 63, code, status)
    assert list(live_ids(collection.fetch, "categories", "c")) == collection.ids
    assert [query.limit for query in collection.queries] == [500, 250, 125, 62, 62, 62, 62]
    assert {query.container for query in collection.queries} == {"c"}


def test_one_id_too_heavy_is_an_error_in_one_line() -> None:
    with pytest.raises(TapError, match="the ids of categories cannot be read: even one at a time"):
        list(live_ids(Collection(["1"], 0).fetch, "categories", None))


def test_another_refusal_is_passed_on_at_once() -> None:
    collection = Collection(["1"], 0, "insufficient_scope", 403)
    with pytest.raises(RequestRefusedError):
        list(live_ids(collection.fetch, "categories", None))
    assert len(collection.queries) == 1


def test_only_ids_are_asked_for() -> None:
    query = json.loads(IdQuery("categories", behind='a"b', limit=7).body())
    assert query["query"].endswith("{ results { id } } }")
    assert query["variables"] == {"limit": 7, "where": 'id > "a\\"b"'}


@pytest.mark.parametrize("pages", [([], ["1", "2"]), (["1"], ["2"]), (["1"], [], ["2"])])
def test_a_short_or_empty_page_in_the_middle_ends_nothing(pages: tuple[list[str], ...]) -> None:
    remaining = [*pages, [], []]
    assert list(live_ids(lambda _query: remaining.pop(0), "categories", None)) == ["1", "2"]


@pytest.mark.parametrize("pages", [(["1", "2"], ["1", "2"]), (["2", "1"],), (["1", "1"],), (["2"], ["1"])])
def test_ids_that_do_not_grow_end_the_run_and_not_in_a_circle(pages: tuple[list[str], ...]) -> None:
    remaining = [*pages, *[pages[-1]] * 50]
    with pytest.raises(OrderError, match="the ids of categories came in another order"):
        list(live_ids(lambda _query: remaining.pop(0), "categories", None))
    assert remaining


def test_what_graphql_says_is_wrong_is_told_from_an_answer() -> None:
    query = IdQuery("categories")
    with pytest.raises(RequestRefusedError) as caught:
        query.read(b'{"data": null, "errors": [{"message": "m", "extensions": {"code": "QueryTimedOut"}}]}')
    assert caught.value.code == "QueryTimedOut"
    with pytest.raises(RequestRefusedError) as caught:
        query.read(b'{"data": null, "errors": [{"extensions": {"code": "insufficient_scope"}}]}')
    assert caught.value.status == 403
    with pytest.raises(UnexpectedAnswerError, match="holds errors instead of categories"):
        query.read(b'{"data": {"categories": {"results": []}}, "errors": [{"message": "internal"}]}')
    for lacking in (b'{"data": {}}', b"{}", b'{"data": null}', b'{"data": {"categories": null}}'):
        with pytest.raises(UnexpectedAnswerError, match="does not hold categories"):
            query.read(lacking)
    for other in (b"", b"<html>", b"[]", b'{"data": {"categories": []}}', b'{"data": {"categories": {"results": 1}}}'):
        with pytest.raises(msgspec.DecodeError):
            query.read(other)
    assert query.read(b'{"data": {"categories": {"results": [{"id": "1", "version": 3}, {"id": "2"}]}}}') == ["1", "2"]
