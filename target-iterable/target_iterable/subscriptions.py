"""Subscriptions to channels, message types and lists: one choice of one person at a time, never on a guess."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from delivery.errors import StreamStopped
from delivery.json_text import encode
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, OutcomeKind, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import NOT_FOUND, single_outcome
from target_iterable.consent_fields import NoesOfOthers
from target_iterable.contracts import SUBSCRIPTION_CHANGE
from target_iterable.identifiers import identities_of, people_there, person_identity, usable_identifiers
from target_iterable.identity_changes import ADDRESS_OF_ANOTHER
from target_iterable.person_check import check_person
from target_iterable.schemas import SUBSCRIPTION
from target_iterable.subscription_choices import Choices, ChoicesWriter, reference
from target_iterable.subscription_groups import Group, GroupKind, NameFault, SubscriptionGroups
from target_iterable.subscription_wishes import (
    NO_OF_ANOTHER,
    Action,
    Aim,
    Change,
    ChoicesOfRun,
    Overwriting,
    Wish,
    Wisher,
    note,
    wishes_to_carry_out,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from delivery.entry import Entry

    from target_iterable.list_memberships import Action as ListAction
    from target_iterable.list_memberships import ListChanges
    from target_iterable.profile_reads import Profile
    from target_iterable.project import Project

Writes = Literal["auto", "incremental"]

LIST = "emailList"
_LIST_ACTIONS: dict[Action, ListAction] = {"subscribe": "add", "unsubscribe": "remove"}
KINDS: tuple[GroupKind, ...] = ("messageChannel", "messageType")
PEOPLE_READ_AT_ONCE = 100
"""So few that what was read is at most two seconds old when it is acted on."""
_CANNOT_BE_MADE = rejected("no such person in Iterable: send the profile first", "notFound")


class IncrementalMissing(Exception):
    """The project does not have the incremental endpoints."""


class SubscriptionSink(Sink):
    """Lets people join and leave channels, message types and lists.

    Iterable: the incremental endpoints change one group and nothing else, but must be enabled for the project (404 if
    not); the others replace whole arrays, so the profile is read first and everything it holds is written back.

    Records go after all that makes people: leaving a group must not come before the profile is there.
    """

    stage: ClassVar[int] = 4
    record_schema: ClassVar[dict[str, Any]] = SUBSCRIPTION

    def __init__(
        self,
        stream: str,
        project: Project,
        *,
        groups: SubscriptionGroups,
        list_changes: ListChanges,
        writes: Writes,
    ) -> None:
        super().__init__(stream)
        self._project = project
        self._groups = groups
        self._list_changes = list_changes
        self._writes = writes
        self._overwriting = False
        self._of_run = ChoicesOfRun()
        self._noes_of_others = NoesOfOthers()
        self._writer = ChoicesWriter(project.client, stream)

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        given = {name: value for name, value in checked.items() if value is not None}
        leaves = checked["action"] == "unsubscribe"
        known_by = people_there(self._project.type) if leaves else self._project.type
        person = check_person(given, known_by, self._project.forgotten)
        if isinstance(person, Outcome):
            return person
        given = person["subscriptionGroupId"]
        if person["subscriptionGroup"] == LIST:
            return {**person, "subscriptionGroupId": self._list_changes.find(given, self.stream)}
        return {**person, "subscriptionGroupId": self._find(person["subscriptionGroup"], given).id}

    @override
    def opt_out(self, record: Record) -> Record | None:
        named = {name: record.get(name) for name in ("subscriptionGroup", "subscriptionGroupId")}
        person = usable_identifiers({name: record.get(name) for name in ("email", "userId")})
        if record.get("action") != "unsubscribe" or not person:
            return None
        return {**person, **named, "action": "unsubscribe"}

    @override
    def identify(self, record: Record) -> str:
        group = str(record["subscriptionGroupId"]).strip().casefold()
        return f"{person_identity(record)} {record['subscriptionGroup']} {group}"

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        if earlier["action"] == later["action"] == "subscribe":
            # Of two yeses the stronger: the first may have been carried out where the second would not.
            return later if _overrules(later) or not _overrules(earlier) else earlier
        if later["action"] == "unsubscribe" or _overrules(later) or later["subscriptionGroup"] == LIST:
            return later
        # After leaving, a yes that does not overrule it is skipped: together they are not the later of the two.
        return None

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}
        on_lists: list[int] = []
        wishers: dict[str, Wisher] = {}
        for place, entry in enumerate(batch):
            record = entry.record
            if record["subscriptionGroup"] == LIST:
                on_lists.append(place)
                continue
            group = self._find(record["subscriptionGroup"], record["subscriptionGroupId"])
            wisher = wishers.setdefault(str(identities_of(record)), Wisher(record, []))
            wisher.wishes.append(Wish((place,), group, record["action"], _overrules(record)))
        self._change_choices(wishers.values(), outcomes)
        entries = [batch[place] for place in on_lists]
        wanted = [(entry.record["subscriptionGroupId"], _LIST_ACTIONS[entry.record["action"]]) for entry in entries]
        outcomes.update(zip(on_lists, self._list_changes.change(entries, wanted, self.stream), strict=True))
        return [outcomes[place] for place in range(len(batch))]

    def _find(self, kind: str, given: int | str) -> Group:
        try:
            return self._groups.find(cast("GroupKind", kind), given, self.stream)
        except NameFault as fault:
            message = f"stream '{self.stream}': {fault}"
            raise StreamStopped(message) from None

    def _change_choices(self, wishers: Iterable[Wisher], outcomes: dict[int, Outcome]) -> None:
        certain: list[Wisher] = []
        to_read: list[Wisher] = []
        for wisher in wishers:
            (to_read if self._must_read(wisher) else certain).append(wisher)
        try:
            self._change_one_by_one([self._as_it_is(wisher, outcomes) for wisher in certain], outcomes)
        except IncrementalMissing:
            to_read += certain
        for start in range(0, len(to_read), PEOPLE_READ_AT_ONCE):
            part = to_read[start : start + PEOPLE_READ_AT_ONCE]
            with self._project.new_profiles.claimed([wisher.person for wisher in part]):
                try:
                    self._change_after_reading(part, outcomes)
                except IncrementalMissing:
                    self._change_after_reading(part, outcomes)

    def _must_read(self, wisher: Wisher) -> bool:
        may_be_new = self._project.new_profiles.active and not self._project.new_profiles.knows(wisher.person)
        return self._overwriting or may_be_new or wisher.needs_profile or self._may_leave_twice(wisher)

    def _may_leave_twice(self, wisher: Wisher) -> bool:
        """Whether there may be two profiles that somebody is to leave something in: the customer's, and the address's.

        Two customers may give one address, of whom only one can have it in a hybrid project: a no of the other is
        meant for whoever gets the mails. A yes belongs to the customer who said it.
        """
        person = wisher.person
        two_names = self._project.type == "hybrid" and person.get("userId") and person.get("email")
        leaves = any(wish.action == "unsubscribe" for wish in wisher.wishes)
        return bool(two_names and leaves and not self._project.new_profiles.are_one(person))

    def _as_it_is(self, wisher: Wisher, outcomes: dict[int, Outcome]) -> Change:
        """Return a change that does not depend on what stands on a profile."""
        identities = identities_of(wisher.person)
        wishes = self._without_overruled(identities, wisher.wishes, outcomes)
        return Change(identities, reference(wisher.person, self._project.type), wishes)

    def _without_overruled(
        self, identities: Collection[str], wishes: Sequence[Wish], outcomes: dict[int, Outcome]
    ) -> list[Wish]:
        """Return wishes without each yes where another customer of the same address has said no in this run."""
        left: list[Wish] = []
        for wish in wishes:
            noes = (self._noes_of_others.include(identity, _name_of(wish.group)) for identity in identities)
            if wish.action == "subscribe" and any(noes):
                note(outcomes, wish, NO_OF_ANOTHER)
            else:
                left.append(wish)
        return left

    def _change_after_reading(self, wishers: Sequence[Wisher], outcomes: dict[int, Outcome]) -> None:
        """Decide by what the profiles say, and carry it out.

        Raises:
            IncrementalMissing: If it turns out, before anything was changed, that profiles have to be overwritten.
        """
        groups = [group for kind in KINDS for group in self._groups.all(kind, self.stream)]
        one_by_one: list[Change] = []
        at_once: list[Overwriting] = []
        for aim in self._aims(wishers, outcomes):
            before = None if aim.profile is None else Choices.of(aim.profile)
            chosen = self._of_run.applied(aim.identities, before or Choices(), groups)
            in_order = sorted(
                self._without_overruled(aim.identities, aim.wishes, outcomes), key=lambda wish: wish.places
            )
            wishes = wishes_to_carry_out(in_order, chosen, outcomes, new=before is None)
            change = Change(aim.identities, aim.named, wishes)
            if before is None:
                if wishes:
                    # Somebody new is kept from what the setting for new profiles says, except for what is wanted.
                    first = self._of_run.applied(aim.identities, self._project.new_profiles.first_choices, groups)
                    at_once.append(Overwriting(change, None, first))
            elif self._overwriting:
                at_once.append(Overwriting(change, before, chosen))
            else:
                one_by_one.append(change)
        self._change_one_by_one(one_by_one, outcomes)
        self._overwrite(at_once, groups, outcomes)

    def _aims(self, wishers: Sequence[Wisher], outcomes: dict[int, Outcome]) -> Iterable[Aim]:
        """Look people up, and return what is asked for by profile; wishes that reach none get their outcome here."""
        aims: dict[str, Aim] = {}
        found = self._project.new_profiles.reader(self.stream).read_all_of_many([one.person for one in wishers])
        for wisher, profiles in zip(wishers, found, strict=True):
            if isinstance(profiles, Outcome):
                for wish in wisher.wishes:
                    note(outcomes, wish, profiles)
            elif profiles:
                self._aim_at_profiles(wisher, profiles, aims, outcomes)
            else:
                self._aim_at_nobody(wisher, aims, outcomes)
        return aims.values()

    def _aim_at_profiles(
        self, wisher: Wisher, profiles: Sequence[Profile], aims: dict[str, Aim], outcomes: dict[int, Outcome]
    ) -> None:
        reader = self._project.new_profiles.reader(self.stream)
        own = reader.own(profiles, wisher.person)
        noes = [_name_of(wish.group) for wish in wisher.wishes if wish.action == "unsubscribe"]
        for profile in profiles:
            self._project.new_profiles.remember(profile)
            if not reader.is_own(profile, wisher.person):
                for identity in identities_of(profile):
                    self._noes_of_others.note(identity, noes)
            aim = aims.setdefault(
                str(identities_of(profile)), Aim(reference(profile, self._project.type), profile, set(), [])
            )
            aim.identities.update(identities_of(profile))
            aim.wishes.extend(wish for wish in wisher.wishes if profile is own or wish.action == "unsubscribe")
        if own is None:
            for wish in wisher.wishes:
                if wish.action == "subscribe":
                    note(outcomes, wish, ADDRESS_OF_ANOTHER)
        else:
            aims[str(identities_of(own))].identities.update(identities_of(wisher.person))

    def _aim_at_nobody(self, wisher: Wisher, aims: dict[str, Aim], outcomes: dict[int, Outcome]) -> None:
        """Take note of somebody who is to be made."""
        named = reference(wisher.person, self._project.type, new=True)
        if self._project.type == "email" and "email" not in named:
            for wish in wisher.wishes:
                note(outcomes, wish, _CANNOT_BE_MADE)
            return
        aim = aims.setdefault(str(named), Aim(named, None, set(), []))
        aim.identities.update(identities_of(wisher.person))
        aim.wishes.extend(wisher.wishes)

    def _overwrite(self, changes: Sequence[Overwriting], groups: Sequence[Group], outcomes: dict[int, Outcome]) -> None:
        needed: list[tuple[Overwriting, dict[str, Any]]] = []
        for one in changes:
            element = one.element(one.change.wishes, groups)
            if any(name.endswith("Ids") for name in element):
                needed.append((one, element))
            else:
                # Somebody leaves what was left before: it is as the record wants it.
                for wish in one.change.wishes:
                    note(outcomes, wish, DELIVERED)
        results = self._writer.overwrite([element for _, element in needed])
        for (one, _), outcome in zip(needed, results, strict=True):
            if outcome.kind is OutcomeKind.REJECTED and len(one.change.wishes) > 1:
                self._overwrite_apart(one, groups, outcomes)
            else:
                for wish in one.change.wishes:
                    self._settle(one.change, wish, outcome, outcomes)

    def _overwrite_apart(self, one: Overwriting, groups: Sequence[Group], outcomes: dict[int, Outcome]) -> None:
        """Write what one person wants wish by wish, those to leave first: a no must not fail with a yes beside it."""
        for wish in sorted(one.change.wishes, key=lambda wish: wish.action, reverse=True):
            element = one.element([wish], groups)
            needed = any(name.endswith("Ids") for name in element)
            outcome = self._writer.overwrite([element])[0] if needed else DELIVERED
            self._settle(one.change, wish, outcome, outcomes)
            if outcome == DELIVERED:
                one = one.after(wish)

    def _settle(self, change: Change, wish: Wish, outcome: Outcome, outcomes: dict[int, Outcome]) -> None:
        note(outcomes, wish, outcome)
        if outcome == DELIVERED:
            self._project.new_profiles.remember(change.named)
            self._of_run.note(change.identities, wish.group, wish.action)

    def _change_one_by_one(self, changes: Sequence[Change], outcomes: dict[int, Outcome]) -> None:
        """Change single groups by the incremental endpoint: many people, one group and action a call.

        Raises:
            IncrementalMissing: If the project does not have it.
        """
        together: defaultdict[tuple[Action, Group], list[tuple[Change, Wish]]] = defaultdict(list)
        for change in changes:
            for wish in change.wishes:
                together[wish.action, wish.group].append((change, wish))
        # Leaving goes first: should the run end in between, nobody has joined who was to leave.
        for (action, group), part in sorted(together.items(), key=lambda item: item[0][0], reverse=True):
            results = deliver_narrowing([change.named for change, _ in part], partial(self._put, action, group))
            for (change, wish), outcome in zip(part, results, strict=True):
                note(outcomes, wish, outcome)
                if outcome == DELIVERED:
                    self._of_run.note(change.identities, group, action)

    def _put(self, action: Action, group: Group, people: Sequence[Mapping[str, str]]) -> Sequence[Outcome]:
        by_identifier = {
            "users": [one["email"] for one in people if "email" in one],
            "usersByUserId": [one["userId"] for one in people if "userId" in one],
        }
        answer = self._project.client.ask(
            "PUT",
            f"/api/subscriptions/{group.kind}/{group.id}",
            contract=SUBSCRIPTION_CHANGE,
            stream=self.stream,
            budget=self._project.client.budgets.subscriptions,
            parameters={"action": action},
            body=encode({name: identifiers for name, identifiers in by_identifier.items() if identifiers}),
        )
        if answer.succeeded:
            return [DELIVERED] * len(people)
        if answer.status == NOT_FOUND:
            # The group is in the listing: it is the endpoint that is missing.
            self._overwrite_from_now_on()
            raise IncrementalMissing
        if len(people) == 1:
            return [single_outcome(answer)]
        reason = f"Iterable refuses it ({answer.word})"
        raise BatchRefused(reason, answer.word)

    def _overwrite_from_now_on(self) -> None:
        if self._writes == "incremental":
            message = (
                f"stream '{self.stream}': the project does not have Iterable's incremental subscription endpoints "
                "(404): ask Iterable to enable them, or set subscription_writes to auto"
            )
            raise StreamStopped(message)
        self._overwriting = True
        self._project.logger.warning(
            "Iterable's incremental subscription endpoints are not enabled for this project: each person's choices are "
            "read and written back as a whole, which takes a read a person. Ask Iterable to enable them."
        )


def _name_of(group: Group) -> str:
    return f"{group.kind} {group.id}"


def _overrules(record: Mapping[str, Any]) -> bool:
    """Whether a record subscribes people who have opted out, too.

    "newer" does not: Iterable documents no record of when somebody opted out, so nothing shows that a yes is newer.
    """
    return bool(record.get("resubscribe") == "always")
