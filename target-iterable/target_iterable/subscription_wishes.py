"""What records ask for about one person's subscriptions, what of it is carried out, and how the choices end up.

Nothing here speaks to Iterable: it decides by what stands on a profile and what this run has asked for already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from delivery.outcome import Outcome, OutcomeKind, skipped
from delivery.remembered import RememberedSet

from target_iterable.subscription_choices import Choices, request_element

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from target_iterable.profile_reads import Profile
    from target_iterable.subscription_groups import Group

Action = Literal["subscribe", "unsubscribe"]

MOST_REMEMBERED = 500_000
OPTED_OUT = skipped("the person has opted out of it in Iterable, and the record's rule does not resubscribe")
NO_OF_ANOTHER = skipped("another customer of the same e-mail address has opted out of it in this run")
ALREADY = skipped("the person is subscribed to it already")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a record asks for, and those before it whose effect it takes the place of.

    Attributes:
        places: Where their entries stand in the batch, in order.
        group: The channel or message type.
        action: To join or to leave it.
        overrules: Whether it joins people who have opted out, too.
    """

    places: tuple[int, ...]
    group: Group
    action: Action
    overrules: bool


@dataclass(frozen=True, slots=True)
class Wisher:
    """A person with what the records of a batch ask for, in order.

    Attributes:
        person: The identifiers, as the first record gives them.
        wishes: What is asked for.
    """

    person: Mapping[str, Any]
    wishes: list[Wish]

    @property
    def needs_profile(self) -> bool:
        """Whether what is to be done depends on what the person has chosen before."""
        return any(wish.action == "subscribe" and not wish.overrules for wish in self.wishes)


@dataclass(frozen=True, slots=True)
class Aim:
    """A profile, or somebody to be made, with what is asked for there, by whomever.

    Attributes:
        named: The identifier to send.
        profile: What stands there; None if there is none yet.
        identities: The texts by which it is known.
        wishes: What is asked for.
    """

    named: dict[str, str]
    profile: Profile | None
    identities: set[str]
    wishes: list[Wish]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be carried out for one profile.

    Attributes:
        identities: The texts by which the profile is known.
        named: The identifier to send.
        wishes: Those wishes that are carried out, one a group.
    """

    identities: Collection[str]
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

    def note(self, identities: Collection[str], group: Group, action: Action) -> None:
        """Take note that a profile is to leave or to join a group, under each of its identities."""
        now, before = (self._left, self._joined) if action == "unsubscribe" else (self._joined, self._left)
        for identity in identities:
            key = _key(identity, group)
            now.add(key)
            before.discard(key)

    def applied(self, identities: Collection[str], choices: Choices, groups: Sequence[Group]) -> Choices:
        """Return choices as they are once all that was asked for has happened; a no under any identity counts."""
        for group in groups:
            keys = [_key(identity, group) for identity in identities]
            if any(key in self._left for key in keys):
                choices = choices.left(group)
            elif any(key in self._joined for key in keys):
                choices = choices.joined(group)
        return choices


def wishes_to_carry_out(
    wishes: Sequence[Wish], chosen: Choices, outcomes: dict[int, Outcome], *, new: bool
) -> list[Wish]:
    """Return the wishes to carry out, one a group; the others get their outcome here.

    Args:
        wishes: What records ask for about one profile, in order.
        chosen: What the person has chosen before.
        outcomes: Takes the outcomes of wishes that are not carried out.
        new: Whether the person has no profile yet, and so has to be made even for what holds anyway.
    """
    needed: list[Wish] = []
    for wish in wishes:
        if wish.action == "subscribe" and not wish.overrules:
            if chosen.opted_out(wish.group):
                note(outcomes, wish, OPTED_OUT)
                continue
            if chosen.subscribed(wish.group) and not new:
                note(outcomes, wish, ALREADY)
                continue
        needed.append(wish)
        chosen = choices_after([wish], chosen)
    return _last_of_each_group(needed)


def note(outcomes: dict[int, Outcome], wish: Wish, outcome: Outcome) -> None:
    """Give the records of a wish an outcome; what two profiles are asked for has failed if it failed for one."""
    for place in wish.places:
        earlier = outcomes.get(place)
        if earlier is None or outcome.kind is OutcomeKind.REJECTED or earlier.kind is OutcomeKind.SKIPPED:
            outcomes[place] = outcome


def _last_of_each_group(wishes: Sequence[Wish]) -> list[Wish]:
    """Return the last wish of each group, for all records that ask for something there.

    Two customers with one profile may ask for different things: together they must not be sent in another order.
    """
    last: dict[Group, Wish] = {}
    for wish in wishes:
        before = last.pop(wish.group, None)
        last[wish.group] = wish if before is None else replace(wish, places=(*before.places, *wish.places))
    return list(last.values())


def choices_after(wishes: Sequence[Wish], choices: Choices) -> Choices:
    """Return the choices once wishes have been carried out, in order."""
    for wish in wishes:
        choices = choices.joined(wish.group) if wish.action == "subscribe" else choices.left(wish.group)
    return choices


def _key(identity: str, group: Group) -> str:
    return f"{identity} {group.kind} {group.id}"
