from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.timestamps import format_timestamp, normalise_timestamp, parse_timestamp

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001 - hypothesis wants naive bounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T10:00:00.123Z", "2026-11-21T10:00:00.123Z"),
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"),
        ("2026-11-21T10:00:00.1Z", "2026-11-21T10:00:00.100Z"),
        ("2026-11-21T10:00:00.123456Z", "2026-11-21T10:00:00.123Z"),
        ("2026-11-21T10:00:00.123999999Z", "2026-11-21T10:00:00.123Z"),
        ("2026-11-21T12:00:00+02:00", "2026-11-21T10:00:00.000Z"),
        ("2026-11-21T04:30:00-0530", "2026-11-21T10:00:00.000Z"),
        ("2026-11-21 10:00:00", "2026-11-21T10:00:00.000Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
    ],
)
def test_any_precision_and_offset_becomes_three_decimals_in_utc(text: str, expected: str) -> None:
    assert normalise_timestamp(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-11-21T25:00:00Z", "2026-11-21T10:00Z", "20261121"]
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_timestamp(text)


@given(MOMENTS, st.integers(min_value=0, max_value=6), st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_reading_gives_back_the_instant_that_was_written(moment: datetime, decimals: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    micros = 10 ** (6 - decimals)
    moment = moment.replace(microsecond=moment.microsecond // micros * micros)
    local = moment.astimezone(zone)
    fraction = f".{local.microsecond:06d}"[: decimals + 1] if decimals else ""
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    assert parse_timestamp(text) == moment


@given(st.lists(MOMENTS, min_size=2))
def test_normalised_text_sorts_like_time(moments: list[datetime]) -> None:
    cut = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in moments]
    assert sorted(map(format_timestamp, cut)) == [format_timestamp(moment) for moment in sorted(cut)]


@given(st.text())
def test_no_text_breaks_the_reader_in_another_way(text: str) -> None:
    try:
        parse_timestamp(text)
    except ValueError:
        return
