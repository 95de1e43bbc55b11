"""Chance that falls the same way on every machine and every Python version."""

from __future__ import annotations

import hashlib
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choices(Generic[T]):
    """Values with weights, prepared for many draws."""

    values: tuple[T, ...]
    bounds: tuple[int, ...]

    @classmethod
    def of(cls, weights: Mapping[T, int]) -> Choices[T]:
        """Prepare a draw among the keys, each as likely as its whole-number weight says."""
        return cls(tuple(weights), tuple(accumulate(weights.values())))


class Dice:
    """Seeded draws for one kind of resource.

    Everything is built on ``random()`` and ``getrandbits()``, the two methods of the generator whose output the
    language keeps stable between versions.
    """

    def __init__(self, seed: int, topic: str) -> None:
        digest = hashlib.sha256(f"{seed}/{topic}".encode()).digest()
        generator = Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - repeatable data is the point
        self._unit = generator.random
        self._bits = generator.getrandbits

    def chance(self, probability: float) -> bool:
        """Return True as often as the probability (0 to 1) says."""
        return self._unit() < probability

    def below(self, end: int) -> int:
        """Return a whole number from 0 up to, not including, end."""
        return int(self._unit() * end)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included; low when the range is empty."""
        return low + int(self._unit() * (high - low + 1)) if high > low else low

    def late_between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, more often a high one."""
        return max(self.between(low, high), self.between(low, high))

    def pick(self, values: Sequence[T]) -> T:
        """Return one of the values, all equally likely."""
        return values[int(self._unit() * len(values))]

    def draw(self, choices: Choices[T]) -> T:
        """Return one of the weighted values."""
        return choices.values[bisect(choices.bounds, self.below(choices.bounds[-1]))]

    def sample(self, values: Sequence[T], count: int) -> list[T]:
        """Return count different values (all of them when there are fewer), in drawn order."""
        rest = list(values)
        size = min(count, len(rest))
        for place in range(size):
            other = place + self.below(len(rest) - place)
            rest[place], rest[other] = rest[other], rest[place]
        return rest[:size]

    def identifier(self) -> str:
        """Return a fresh random UUID (version 4) in lower-case hex."""
        return uuid_text(self._bits(128))

    def code(self, digits: int) -> str:
        """Return a text of decimal digits, as in tracking and customer numbers."""
        return f"{self.below(10**digits):0{digits}d}"


def uuid_text(bits: int) -> str:
    """Write 128 bits as a UUID of version 4, variant 1."""
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


@cache
def fixed_identifier(type_id: str, key: str) -> str:
    """Return the id of a resource that every generated shop has, the same in each of them."""
    return uuid_text(int.from_bytes(hashlib.sha256(f"{type_id}/{key}".encode()).digest()[:16], "big"))
