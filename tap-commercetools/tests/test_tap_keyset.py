from __future__ import annotations

from tap_commercetools.keyset import Condition, Keyset, Position
from tap_commercetools.timestamps import parse_timestamp

UPPER = parse_timestamp("2026-11-21T10:00:00.500Z")


def parameter(keyset: Keyset, name: str) -> list[str]:
    return [value for key, value in keyset.query(7) if key == name]


def test_every_query_is_ordered_by_time_then_id_and_never_counts_or_skips() -> None:
    keyset = Keyset("lastModifiedAt", UPPER)
    assert parameter(keyset, "sort") == ["lastModifiedAt asc", "id asc"]
    assert parameter(keyset, "limit") == ["7"]
    assert parameter(keyset, "withTotal") == ["false"]
    assert parameter(keyset, "offset") == []


def test_without_a_start_only_the_end_is_asked_for() -> None:
    keyset = Keyset("lastModifiedAt", UPPER)
    assert parameter(keyset, "where") == ["lastModifiedAt <= :upper"]
    assert parameter(keyset, "var.upper") == ["2026-11-21T10:00:00.500Z"]


def test_a_start_is_included() -> None:
    keyset = Keyset("lastModifiedAt", UPPER, lower=parse_timestamp("2026-11-01T00:00:00Z"))
    assert parameter(keyset, "where") == ["lastModifiedAt >= :lower and lastModifiedAt <= :upper"]
    assert parameter(keyset, "var.lower") == ["2026-11-01T00:00:00.000Z"]


def test_behind_a_row_the_rest_of_its_instant_comes_before_later_ones() -> None:
    keyset = Keyset("createdAt", UPPER).following(Position.at("2026-11-01T00:00:00.123456Z", "b"))
    assert parameter(keyset, "where") == [
        "(createdAt > :time or (createdAt = :time and id > :id)) and createdAt <= :upper"
    ]
    assert parameter(keyset, "var.id") == ["b"]


def test_the_platforms_own_spelling_of_an_instant_goes_back_to_it() -> None:
    keyset = Keyset("lastModifiedAt", UPPER).following(Position.at("2026-11-01T00:00:00.123456Z", "b"))
    assert parameter(keyset, "var.time") == ["2026-11-01T00:00:00.123456Z"]


def test_positions_are_ordered_by_time_before_id() -> None:
    early, late = Position.at("2026-11-01T00:00:00Z", "z"), Position.at("2026-11-01T00:00:00.001Z", "a")
    assert early < late
    assert Position.at(early.text, "a") < early


def test_instants_finer_than_a_millisecond_are_in_order_too() -> None:
    texts = ["2026-11-01T00:00:00.1Z", "2026-11-01T00:00:00.100001Z", "2026-11-01T00:00:00.1002Z"]
    positions = [Position.at(text, "a") for text in texts]
    assert positions == sorted(positions)
    assert Position.at("2026-11-01T00:00:00.100000Z", "a").time == positions[0].time


def test_a_split_keyset_holds_every_row_once() -> None:
    keyset = Keyset("lastModifiedAt", UPPER).following(Position.at("2026-11-01T00:00:00.123Z", "b"))
    first, second = keyset.split(parse_timestamp("2026-11-11T00:00:00Z"))
    assert parameter(first, "where")[0].endswith(" and lastModifiedAt <= :upper")
    assert parameter(first, "var.id") == ["b"]
    assert first.upper == parse_timestamp("2026-11-11T00:00:00Z")
    assert parameter(first, "var.upper") == ["2026-11-21T10:00:00.500Z"]  # a row behind its end shows that it has ended
    assert parameter(second, "where") == ["lastModifiedAt > :above and lastModifiedAt <= :upper"]
    assert parameter(second, "var.above") == ["2026-11-11T00:00:00.000Z"]
    assert parameter(second, "var.upper") == ["2026-11-21T10:00:00.500Z"]


def test_a_condition_is_asked_for_beside_the_time() -> None:
    condition = Condition("type in :types", (("types", "A"), ("types", "B")))
    keyset = Keyset("createdAt", UPPER, condition=condition)
    assert parameter(keyset, "where") == ["createdAt <= :upper", "type in :types"]
    assert parameter(keyset, "var.types") == ["A", "B"]
