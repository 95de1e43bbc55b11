"""Sees to it that nobody becomes mailable by being new.

Iterable subscribes a new profile to every channel and message type that people must opt out of, whoever makes it:
a user, a purchase, a cart, an event, a list. Before a call that could make a profile, the person is therefore made
here, already unsubscribed, unless the record says yes.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.errors import SettingsError
from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.remembered import RememberedSet

from target_iterable.identifiers import addresses_of
from target_iterable.profile_reads import ProfileReader
from target_iterable.subscription_choices import Choices, ChoicesWriter, reference, request_element
from target_iterable.subscription_groups import GroupKind, NameFault, SubscriptionGroups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient
    from target_iterable.identifiers import ProjectType

SETTING = "unsubscribe_new_profiles"
LOOK_AROUND_SECONDS = 0.5
MOST_REMEMBERED = 500_000
WARNING = (
    "Iterable subscribes every new profile to all channels and message types that people must opt out of. New people "
    "of this run are mailable there at once, unless the setting unsubscribe_new_profiles says otherwise"
)
_NOT_UNSUBSCRIBED = rejected(
    "preferUserId would make a profile that cannot be unsubscribed beforehand (setting unsubscribe_new_profiles)",
    "consent",
)

Person = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewProfileRule:
    """What the setting `unsubscribe_new_profiles` says.

    Attributes:
        choices: What new profiles are unsubscribed of.
        unless: Name of the data field whose `true` says that a person may be made subscribed; None if no field does.
    """

    choices: Choices
    unless: str | None

    @classmethod
    def from_setting(cls, setting: Mapping[str, Any], groups: SubscriptionGroups) -> NewProfileRule:
        """Return the rule, with names turned into numbers.

        Raises:
            SettingsError: If a name or number stands for nothing, or a name for several things.
            ServiceUnavailable: If Iterable does not tell its channels and message types.
        """
        choices = Choices()
        if setting.get("marketing"):
            for channel in groups.all("messageChannel", "(all)"):
                choices = choices.left(channel) if channel.marketing else choices
        kinds: tuple[tuple[str, GroupKind], ...] = (("channels", "messageChannel"), ("message_types", "messageType"))
        for name, kind in kinds:
            try:
                for given in setting.get(name) or ():
                    choices = choices.left(groups.find(kind, given, "(all)"))
            except NameFault as fault:  # noqa: PERF203 - two kinds
                message = f"setting {SETTING}.{name}: {fault}"
                raise SettingsError(message) from None
        return cls(choices, setting.get("unless"))

    @property
    def changes_nothing(self) -> bool:
        """Whether new profiles stay as Iterable makes them."""
        return self.choices == Choices()


class NewProfiles:
    """Makes people who are not there yet, unsubscribed, before something else makes them subscribed.

    Shared by all sinks that send people; safe to use from several threads. People who were found or made are
    remembered for the rest of the run, so that each costs one look-up.

    Args:
        client: The project.
        project_type: What the project identifies people by.
        rule: What the setting says; None leaves new profiles as Iterable makes them.
    """

    def __init__(self, client: IterableClient, project_type: ProjectType, rule: NewProfileRule | None) -> None:
        self._client = client
        self._project_type = project_type
        self._rule = rule if rule is None or not rule.changes_nothing else None
        self._known = RememberedSet(MOST_REMEMBERED)
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._readers: dict[str, ProfileReader] = {}

    @property
    def active(self) -> bool:
        """Whether new people are made unsubscribed."""
        return self._rule is not None

    @property
    def first_choices(self) -> Choices:
        """What a person starts with who is made here."""
        return self._rule.choices if self._rule else Choices()

    def deliver(
        self,
        batch: Sequence[Entry],
        stream: str,
        send: Callable[[Sequence[Entry]], Sequence[Outcome]],
        person_of: Callable[[Entry], Person | None] = lambda entry: entry.record,
    ) -> list[Outcome]:
        """Send a batch by a call that makes people, after those who are new were made unsubscribed.

        Args:
            batch: What to send.
            stream: The stream it is of.
            send: Sends entries and returns the outcome of each.
            person_of: Returns whom an entry would make: `email`, `userId` and `dataFields`; None if it makes nobody.

        Returns:
            The outcome of each entry: that of `send`, or why the person could not be made unsubscribed.
        """
        outcomes: dict[int, Outcome] = {}
        for places in self._turns([person_of(entry) for entry in batch]):
            part = [batch[place] for place in places]
            outcomes.update(zip(places, self._deliver_part(part, stream, send, person_of), strict=True))
        return [outcomes[place] for place in range(len(batch))]

    def _turns(self, people: Sequence[Person | None]) -> list[list[int]]:
        """Return the places of people in the turns in which they are looked up and sent.

        Customers go before those who are named by an address alone: a customer may give up that address in the same
        batch, and was found by it before, but after that whoever comes with it is new.
        """
        places = range(len(people))
        if not self.active or self._project_type != "hybrid":
            return [list(places)]
        guests = [place for place in places if (person := people[place]) is not None and not person.get("userId")]
        others = [place for place in places if place not in set(guests)]
        return [turn for turn in (others, guests) if turn]

    def _deliver_part(
        self,
        batch: Sequence[Entry],
        stream: str,
        send: Callable[[Sequence[Entry]], Sequence[Outcome]],
        person_of: Callable[[Entry], Person | None],
    ) -> list[Outcome]:
        people = [person_of(entry) for entry in batch]
        faults = self.ensure(people, stream)
        able = [entry for entry, fault in zip(batch, faults, strict=True) if fault is None]
        sent = iter(send(able) if able else ())
        outcomes = [next(sent) if fault is None else fault for fault in faults]
        for person, outcome in zip(people, outcomes, strict=True):
            if person is not None and outcome == DELIVERED:
                self.remember(person)
        return outcomes

    def ensure(self, people: Sequence[Person | None], stream: str) -> list[Outcome | None]:
        """Make those unsubscribed who are not there yet and whose record does not say yes.

        Args:
            people: `email`, `userId` and `dataFields` of each; None for a record that makes nobody.
            stream: The stream they are of.

        Returns:
            For each person None if the record may be sent, else its outcome.

        Raises:
            StreamStopped: If the key may not read or write what is needed.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        # Several records of a batch may be about one person, who is looked up and made once.
        unsure: dict[tuple[str | None, ...], Person] = {}
        for person in people:
            if person is not None and self._may_be_new(person):
                unsure.setdefault(_identifiers(person), person)
        outcomes: dict[tuple[str | None, ...], Outcome] = {}
        with self.claimed(list(unsure.values())):
            # Whoever held the claim before may have made some of them.
            asked = [person for person in unsure.values() if self._may_be_new(person)]
            reader = self.reader(stream)
            absent: dict[tuple[str | None, ...], dict[str, str]] = {}
            for person, found in zip(asked, reader.read_all_of_many(asked), strict=True):
                if isinstance(found, Outcome):
                    outcomes[_identifiers(person)] = found
                elif (own := reader.own(found, person)) is not None:
                    self.remember(own)
                else:
                    # An address that is another customer's would name that one, who is to stay as he or she is.
                    absent[_identifiers(person)] = reference(person, self._project_type, new=not found)
            made = zip(absent, self._make(list(absent.values()), stream), strict=True)
            outcomes.update({key: outcome for key, outcome in made if outcome != DELIVERED})
        return [None if person is None else outcomes.get(_identifiers(person)) for person in people]

    def _make(self, people: Sequence[dict[str, str]], stream: str) -> list[Outcome]:
        """Make people, each named by one identifier, and return what came of each."""
        # Two records of a batch may be about one person: it is made once, and both share what comes of it.
        wanted = {str(named): named for named in people if self._project_type != "email" or "email" in named}
        elements = [request_element(named, None, self.first_choices) for named in wanted.values()]
        written = ChoicesWriter(self._client, stream).overwrite(elements) if elements else []
        outcomes = dict(zip(wanted, written, strict=True))
        for key, outcome in outcomes.items():
            if outcome == DELIVERED:
                self.remember(wanted[key])
        # Iterable: an email project makes up an address for a userId, but not in a request about subscriptions.
        return [outcomes.get(str(named), _NOT_UNSUBSCRIBED) for named in people]

    def _may_be_new(self, person: Person) -> bool:
        return self._rule is not None and not self._says_yes(person) and not self.knows(person)

    def _says_yes(self, person: Person) -> bool:
        unless = self._rule.unless if self._rule else None
        return unless is not None and (person.get("dataFields") or {}).get(unless) is True

    def reader(self, stream: str) -> ProfileReader:
        """Return the reader of a stream."""
        with self._changed:
            if stream not in self._readers:
                self._readers[stream] = ProfileReader(self._client, self._project_type, stream)
            return self._readers[stream]

    @contextmanager
    def claimed(self, people: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """Keep others from making the same people until the block ends.

        Between finding that somebody is not there and making that person, nobody else of this run may write: what is
        written in between would be overwritten.
        """
        keys = {key for person in people for key in self._names(person)}
        with self._changed:
            while not self._changed.wait_for(lambda: keys.isdisjoint(self._busy), LOOK_AROUND_SECONDS):
                self._client.shutdown.check()
            self._busy |= keys
        try:
            yield
        finally:
            with self._changed:
                self._busy -= keys
                self._changed.notify_all()

    def knows(self, person: Mapping[str, Any]) -> bool:
        """Whether a person is known to be there: a customer by the userId, since the address may be another's."""
        named = reference(person, self._project_type)
        return any(key in self._known for key in self._keys(named))

    def are_one(self, person: Mapping[str, Any]) -> bool:
        """Whether the userId and the address of a person are known to be those of one profile."""
        return _pair(person["userId"], person["email"]) in self._known

    def remember(self, person: Mapping[str, Any]) -> None:
        """Take note that a person is there, by all identifiers that stand in the record or profile."""
        holders = (person, person.get("dataFields") or {})
        # Who is there matters while new people are made here; whose address it is matters for a no in any case.
        keys = [key for holder in holders for key in self._keys(holder)] if self.active else []
        user_id = person.get("userId")
        email = holders[1].get("email") or person.get("email")
        if self._project_type == "hybrid" and user_id and email:
            has_address, has_this = f"address of {user_id}", _pair(user_id, str(email).lower())
            if has_address in self._known and has_this not in self._known:
                # Nobody may have the old address any more, and it is not known which one that was.
                self._known.clear()
            keys += [has_address, has_this]
        for key in keys:
            self._known.add(key)

    def forget(self, person: Mapping[str, Any]) -> None:
        """Take note that an identifier may be nobody's any more."""
        for key in self._keys(person):
            self._known.discard(key)

    def forget_all(self) -> None:
        """Take note that profiles may have gone, or lost an identifier: everybody is looked up again."""
        self._known.clear()

    def _names(self, person: Mapping[str, Any]) -> list[str]:
        """Return what somebody is found by, who may have become a customer under an address that was there before."""
        addresses = addresses_of(person) if self._project_type == "hybrid" else ()
        return [*self._keys(person), *(key for address in addresses for key in self._keys({"email": address}))]

    def _keys(self, holder: Mapping[str, Any]) -> list[str]:
        """Return what a project of this type would find a person by."""
        keys = []
        if holder.get("userId") and (self._project_type != "email" or not holder.get("email")):
            keys.append(f"userId {holder['userId']}")
        if holder.get("email") and self._project_type != "userid":
            keys.append(f"email {str(holder['email']).lower()}")
        return keys


def _identifiers(person: Person) -> tuple[str | None, ...]:
    return person.get("email"), person.get("userId"), *addresses_of(person)


def _pair(user_id: str, address: str) -> str:
    return f"address of {user_id}: {address}"
