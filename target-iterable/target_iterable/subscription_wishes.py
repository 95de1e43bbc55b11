"""What records ask for about one person's subscriptions, what of it is carried out, and how the choices end up.

Nothing here speaks to Iterable: it decides by what stands on a profile and what this run has asked for already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from delivery.outcome import Outcome, skipped
from delivery.remembered import RememberedSet

from target_iterable.subscription_choices import Choices, request_element

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_iterable.subscription_groups import Group

Action = Literal["subscribe", "unsubscribe"]

MOST_REMEMBERED = 500_000
OPTED_OUT = skipped("the person has opted out of it in Iterable, and the record's rule does not resubscribe")
ALREADY = skipped("the person is subscribed to it already")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one record asks for.

    Attributes:
        place: Where its entry stands in the batch.
        group: The channel or message type.
        action: To join or to leave it.
        overrules: Whether it joins people who have opted out, too.
    """

    place: int
    group: Group
    action: Action
    overrules: bool


@dataclass(frozen=True, slots=True)
class Wisher:
    """A person with what the records of a batch ask for, in order.

    Attributes:
        person: The identifiers, as the first record gives them.
        identity: The person as one text.
        wishes: What is asked for.
    """

    person: Mapping[str, Any]
    identity: str
    wishes: list[Wish]

    @property
    def needs_profile(self) -> bool:
        """Whether what is to be done depends on what the person has chosen before."""
        return any(wish.action == "subscribe" and not wish.overrules for wish in self.wishes)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be carried out for one person.

    Attributes:
        wisher: Who it is.
        named: The identifier to send.
        wishes: Those of the person's wishes that are carried out.
    """

    wisher: Wisher
    named: dict[str, str]
    wishes: Sequence[Wish]


@dataclass(frozen=True, slots=True)
class Overwriting:
    """A change that is carried out by writing a person's choices as a whole.

    Attributes:
        change: The change.
        before: What stands on the profile; None if there is none yet.
        chosen: What the person has chosen, with what this run has asked for already.
    """

    change: Change
    before: Choices | None
    chosen: Choices

    def element(self, wishes: Sequence[Wish], groups: Sequence[Group]) -> dict[str, Any]:
        """Return the request that carries some of the wishes out; without arrays if there is nothing to write."""
        after = choices_after(wishes, self.chosen)
        return request_element(self.change.named, self.before, after, aligned=after.aligned(groups))

    def after(self, wish: Wish) -> Overwriting:
        """Return the same, once a wish has been carried out."""
        chosen = choices_after([wish], self.chosen)
        return replace(self, before=chosen, chosen=chosen)


class ChoicesOfRun:
    """What this run has asked Iterable to change, for the time until a profile shows it; safe for several threads.

    Iterable: changes of subscriptions are queued, and a profile read soon after may not show them.
    """

    def __init__(self) -> None:
        self._left = RememberedSet(MOST_REMEMBERED)
        self._joined = RememberedSet(MOST_REMEMBERED)

    def note(self, identity: str, group: Group, action: Action) -> None:
        """Take note that a person is to leave or to join a group."""
        key = _key(identity, group)
        now, before = (self._left, self._joined) if action == "unsubscribe" else (self._joined, self._left)
        now.add(key)
        before.discard(key)

    def applied(self, identity: str, choices: Choices, groups: Sequence[Group]) -> Choices:
        """Return choices as they are once all that was asked for has happened."""
        for group in groups:
            key = _key(identity, group)
            if key in self._left:
                choices = choices.left(group)
            elif key in self._joined:
                choices = choices.joined(group)
        return choices


def wishes_to_carry_out(
    wishes: Sequence[Wish], chosen: Choices, outcomes: dict[int, Outcome], *, new: bool
) -> list[Wish]:
    """Return the wishes to carry out, in order; the others get their outcome here.

    Args:
        wishes: What the records of one person ask for, in order.
        chosen: What the person has chosen before.
        outcomes: Takes the outcomes of wishes that are not carried out.
        new: Whether the person has no profile yet, and so has to be made even for what holds anyway.
    """
    needed: list[Wish] = []
    for wish in wishes:
        if wish.action == "subscribe" and not wish.overrules:
            if chosen.opted_out(wish.group):
                outcomes[wish.place] = OPTED_OUT
                continue
            if chosen.subscribed(wish.group) and not new:
                outcomes[wish.place] = ALREADY
                continue
        needed.append(wish)
        chosen = choices_after([wish], chosen)
    return needed


def choices_after(wishes: Sequence[Wish], choices: Choices) -> Choices:
    """Return the choices once wishes have been carried out, in order."""
    for wish in wishes:
        choices = choices.joined(wish.group) if wish.action == "subscribe" else choices.left(wish.group)
    return choices


def _key(identity: str, group: Group) -> str:
    return f"{identity} {group.kind} {group.id}"
