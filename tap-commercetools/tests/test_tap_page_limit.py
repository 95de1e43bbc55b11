"""A page says how many rows it was asked for: one that was asked for by another question is not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scripted_platform import GOOD, ROW, ScriptedPlatform, json_answer, raw_answer, scripted_platform
from tap_commercetools.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as running:
        yield running


@pytest.mark.parametrize("limit", [1, 20, 499, 501])
def test_a_page_of_another_question_is_asked_for_again_and_then_ends_the_run(
    platform: ScriptedPlatform, limit: int
) -> None:
    other = json_answer({"limit": limit, "count": 1, "results": [ROW]})
    platform.answer("/shop/orders", other, GOOD["/shop/orders"])
    page = platform.client().fetch_page("orders", [("limit", "500")], 500)
    assert len(page.documents) == 1
    assert platform.count("/shop/orders") == 2
    platform.answer("/shop/orders", other)
    with pytest.raises(UnavailableError, match=f"answers a question for {limit}, where 500 were asked for"):
        platform.client().fetch_page("orders", [("limit", "500")], 500)


def test_of_a_page_with_a_broken_row_the_same_is_looked_at(platform: ScriptedPlatform) -> None:
    platform.answer("/shop/orders", raw_answer(b'{"limit": 20, "count": 1, "results": [{"id": NaN}]}'))
    with pytest.raises(UnavailableError, match="answers a question for 20"):
        platform.client().fetch_page("orders", [("limit", "500")], 500)
