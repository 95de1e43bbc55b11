from __future__ import annotations

from delivery.remembered import RememberedSet


def test_what_is_remembered_is_bounded_and_can_be_forgotten() -> None:
    remembered = RememberedSet(limit=2)
    for text in ("a", "b", "c"):
        remembered.add(text)
    assert [text in remembered for text in ("a", "b", "c")] == [True, True, False]
    remembered.discard("a")
    remembered.add("c")
    assert [text in remembered for text in ("a", "b", "c")] == [False, True, True]
    remembered.clear()
    assert len(remembered) == 0
    assert "b" not in remembered
