from __future__ import annotations

import contextlib
import json
import timeit
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from delivery.exact_numbers import exact_number
from delivery.lenient_json import NotNearlyJson, read_leniently
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=5))
def test_proper_json_is_read_like_by_the_strict_reader(value: dict[str, Any]) -> None:
    line = msgspec.json.Encoder(decimal_format="number").encode(value)
    read = read_leniently(line)
    assert read.value == msgspec.json.Decoder(dict[str, Any], float_hook=exact_number).decode(line)
    assert (read.faults, read.mended) == ([], False)


@given(st.binary(max_size=60) | texts.map(str.encode))
def test_whatever_comes_is_read_or_refused(line: bytes) -> None:
    with contextlib.suppress(NotNearlyJson):
        assert isinstance(read_leniently(b'{"a":' + line + b"}").value, dict)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"NaN", "NaN, which is no number in JSON"),
        (b"-Infinity", "-Infinity, which is no number in JSON"),
        (b"1" * 5_000, "a number of more than 400 digits"),
        (b"1e999999999", "a number of more than 400 digits"),
        (b"1E-999999999", "a number of more than 400 digits"),
        (b"[" * 5_000 + b"]" * 5_000, "more than 100 objects or lists inside one another"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "more than 100 objects or lists inside one another"),
        (b'"Gr\xf6\xdfe"', "a text that is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told_and_takes_nothing_else_along(value: bytes, kind: str) -> None:
    read = read_leniently(b'{"record":{"points":' + value + b',"newsletter":"NO"},"type":"RECORD"}')
    (fault,) = read.faults
    assert fault.startswith("record.points")
    assert fault.endswith(kind)
    assert read.value["record"]["newsletter"] == "NO"
    assert read.value["type"] == "RECORD"


@pytest.mark.parametrize("half", [b"\\ud83d", b"\\ude00", b"\\ude00\\ud83d", b"x\\ud83dx"])
def test_half_a_surrogate_pair_is_mended(half: bytes) -> None:
    read = read_leniently(b'{"name":"' + half + b'","' + half + b'":1}')
    mended = half.decode().replace("\\ud83d", "\ufffd").replace("\\ude00", "\ufffd")
    assert read.value == {"name": mended, mended: 1}
    assert (read.faults, read.mended) == ([], True)


def test_two_names_that_become_one_by_mending_are_not_merged() -> None:
    read = read_leniently(b'{"a\\ud83d":1,"a\\ud83e":2}')
    assert read.value == {"a\ufffd": 1}
    assert read.faults == ["a\ufffd: two members whose names become one"]


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"1", b'{"a":1', b'{"a":1}{}', b'{"a" 1}', b'{"a":tru}', b'{"a":01}', b"{a:1}"]
)
def test_what_is_not_even_nearly_json_is_refused(line: bytes) -> None:
    with pytest.raises(NotNearlyJson):
        read_leniently(line)


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b'"', b'\\"', b" ", b"1", b"\\ud83d", b"]"])
def test_a_long_line_takes_time_like_its_length(piece: bytes) -> None:
    def seconds(times: int) -> float:
        line = b'{"a":NaN,"b":' + piece * times

        def read() -> None:
            with contextlib.suppress(NotNearlyJson):
                read_leniently(line)

        return min(timeit.repeat(read, number=1, repeat=3))

    assert seconds(200_000) < 1_000 * seconds(2_000) + 0.1


def test_a_number_that_would_fill_the_memory_is_refused() -> None:
    assert exact_number("1e30") == Decimal("1e30")
    with pytest.raises(ValueError, match="400 digits"):
        exact_number("1e999999999")
    assert json.loads("1e30") == float(exact_number("1e30"))
