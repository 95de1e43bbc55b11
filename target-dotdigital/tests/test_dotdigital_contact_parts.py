"""Parts of the way of a contact that are easier seen alone."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from delivery.errors import Interrupted
from delivery.shutdown import Shutdown
from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.digest_map import DigestMap
from target_dotdigital.known_people import KnownPeople, Marked
from target_dotdigital.shared_turns import SharedTurns


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 2**32 - 1))), st.text(max_size=5))
def test_a_map_of_digests_answers_as_a_map_of_texts(pairs: list[tuple[str, int]], asked: str) -> None:
    numbers = DigestMap()
    for text, number in pairs:
        numbers.put(text, number)
    expected = dict(pairs)
    assert all(numbers.get(text) == number for text, number in expected.items())
    assert numbers.get(asked) == expected.get(asked)


def test_marks_are_set_taken_off_and_cleared() -> None:
    marked = Marked()
    marked.add("a")
    marked.add("b")
    marked.discard("a")
    marked.discard("never there")
    assert ("a" in marked, "b" in marked, "never there" in marked) == (False, True, False)
    marked.clear()
    assert "b" not in marked


def test_records_that_share_an_identifier_are_of_one_person() -> None:
    people = KnownPeople()
    ann = people.person_of({"email": "ann@x.org", "shop": "1"})
    assert people.person_of({"email": "new@x.org", "shop": "1"}) == ann
    assert people.person_of({"email": "ANN@x.org"}) == ann
    assert people.person_of({"mobileNumber": "+447700900001", "email": "new@x.org"}) == ann
    assert people.person_of({"mobileNumber": "447700900001"}) == ann
    assert people.person_of({"email": "bo@x.org"}) != ann
    assert people.person_of({"shop": "ann@x.org"}) != ann


def test_one_alone_waits_for_all_and_holds_up_all() -> None:
    turns, seen, inside = SharedTurns(Shutdown()), list[str](), threading.Event()

    def alone() -> None:
        with turns.alone():
            seen.append("alone")
            time.sleep(0.05)
            seen.append("alone ends")

    def later() -> None:
        with turns.beside_others():
            seen.append("later")

    with turns.beside_others():
        with turns.beside_others():
            inside.set()
        threads = [threading.Thread(target=alone)]
        threads[0].start()
        time.sleep(0.05)
        threads.append(threading.Thread(target=later))
        threads[1].start()
        time.sleep(0.05)
        assert seen == []
    for thread in threads:
        thread.join()
    assert inside.is_set()
    assert seen == ["alone", "alone ends", "later"]


@pytest.mark.parametrize("kind", ["alone", "beside_others"])
def test_waiting_for_a_turn_ends_with_the_run(kind: str) -> None:
    shutdown = Shutdown()
    turns = SharedTurns(shutdown)
    shutdown.request(0.0)
    found: list[Any] = []

    def wait() -> None:
        try:
            with getattr(turns, kind)():
                found.append("inside")
        except Interrupted as interrupted:
            found.append(interrupted)

    with turns.alone():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert isinstance(found[0], Interrupted)
    # Who gave up waiting holds nobody up.
    with turns.beside_others():
        pass
