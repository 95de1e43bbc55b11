from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from commerce_sandbox.testing import hand_made_shop, running_sandbox
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import BENCHMARKS
from order_source import OrderSource
from order_table import OrderTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import ShopClient

    Serve = Callable[..., OrderSource]
    Decoded = Callable[[OrderTable], list[dict[str, Any]]]

ROWS = 900
ORDER = {"sort": ["lastModifiedAt asc", "id asc"]}


def get(url: str, **parameters: object) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", f"/sandbox-shop/orders?{urlencode(parameters, doseq=True)}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


@pytest.fixture(scope="module")
def same_orders_in_the_sandbox(decoded: Decoded) -> Iterator[ShopClient]:
    with running_sandbox(shop=hand_made_shop({"orders": decoded(OrderTable(ROWS))})) as sandbox:
        yield sandbox.shop_client()


@pytest.fixture(scope="module")
def source() -> Iterator[OrderSource]:
    with OrderSource(ROWS) as source:
        yield source


INSTANTS = [OrderTable(ROWS).instant(row) // 1000 for row in range(ROWS)]
"""When the rows last changed, in milliseconds since the epoch."""
TEXTS = st.builds(lambda at, shift: written(at + shift), st.sampled_from(INSTANTS), st.sampled_from([0, 0, -1, 1]))
STARTS = st.one_of(
    st.just({"where": "lastModifiedAt <= :upper"}),
    st.fixed_dictionaries({"where": st.just("lastModifiedAt >= :lower and lastModifiedAt <= :upper"), "lower": TEXTS}),
    st.fixed_dictionaries({"where": st.just("lastModifiedAt > :above and lastModifiedAt <= :upper"), "above": TEXTS}),
    st.builds(
        lambda row: {
            "where": "(lastModifiedAt > :time or (lastModifiedAt = :time and id > :id)) and lastModifiedAt <= :upper",
            "time": written(INSTANTS[row]),
            "id": OrderTable(ROWS).identifier(row),
        },
        st.integers(0, ROWS - 1),
    ),
)
"""Where a reader may begin; the values of variables stand under their names."""


def written(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"


@settings(max_examples=150, deadline=None)
@given(
    start=STARTS,
    upper=TEXTS,
    limit=st.integers(1, 500),
    offset=st.sampled_from([0, 0, 7, 700]),
    with_total=st.sampled_from(["true", "false"]),
)
def test_it_answers_as_the_sandbox_does_with_the_same_orders(
    same_orders_in_the_sandbox: ShopClient,
    source: OrderSource,
    *,
    start: dict[str, str],
    upper: str,
    limit: int,
    offset: int,
    with_total: str,
) -> None:
    variables = {f"var.{name}": value for name, value in {**start, "upper": upper}.items() if name != "where"}
    parameters = {
        "where": start["where"],
        **variables,
        **ORDER,
        "limit": limit,
        "offset": offset,
        "withTotal": with_total,
    }
    status, pieces = source.answer(urlencode(parameters, doseq=True))
    expected = same_orders_in_the_sandbox.get("/orders", **parameters)
    assert status == expected.status == 200
    assert json.loads(b"".join(pieces)) == expected.json()


def test_the_offsets_of_the_incumbent_walk_over_all_rows(serve: Serve) -> None:
    source = serve(1_234)
    read = []
    for offset in (0, 500, 1_000):
        status, page = get(
            source.url,
            where="lastModifiedAt >= :date",
            sort="lastModifiedAt asc",
            limit=500,
            offset=offset,
            **{"var.date": "2020-01-01T00:00:00.000000+0000"},
        )
        assert (status, page["total"]) == (200, 1_234)
        read += [row["id"] for row in page["results"]]
    assert read == [source.table.identifier(row) for row in range(1_234)]


@pytest.mark.parametrize(
    "parameters",
    [
        {**ORDER, "offset": 10_001},
        {**ORDER, "limit": 501},
        {**ORDER, "limit": "many"},
        {"sort": "createdAt asc"},
        {},
        {**ORDER, "where": 'customerEmail = "a@b.example"'},
        {**ORDER, "where": 'id > "5"'},
        {**ORDER, "where": 'lastModifiedAt > "2023-01-01T00:00:00Z" and id > "5"'},
        {**ORDER, "where": 'lastModifiedAt < "2023-02-01T00:00:00Z" or lastModifiedAt > "2024-02-01T00:00:00Z"'},
        {**ORDER, "where": 'lastModifiedAt != "2023-02-01T00:00:00Z"'},
        {**ORDER, "where": "lastModifiedAt > :never"},
        {**ORDER, "where": 'lastModifiedAt > "yesterday"'},
    ],
)
def test_a_query_that_it_cannot_answer_exactly_is_refused(serve: Serve, parameters: dict[str, object]) -> None:
    status, body = get(serve(ROWS).url, **parameters)
    assert status == 400
    assert body["errors"][0]["code"] == "InvalidInput"


def test_slow_answers_wait_side_by_side(serve: Serve) -> None:
    url = serve(100, latency=0.4).url
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(url, **ORDER), range(8)))
    assert 0.4 <= time.monotonic() - began < 2.8, "one after the other they would take 3.2 seconds"
    assert {status for status, _ in answers} == {200}


def test_the_command_says_where_it_serves() -> None:
    command = [sys.executable, str(BENCHMARKS / "order_source.py"), "--orders", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            status, page = get(url, **ORDER)
        finally:
            process.terminate()
    assert (status, page["count"], page["total"]) == (200, 3, 3)
