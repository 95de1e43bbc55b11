"""What a person has joined and left, as it stands on a profile, and how it is written back as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from delivery.client import RetryPolicy
from delivery.errors import ServiceFailing
from delivery.json_text import encode
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome, rejected

from target_iterable.answers import Answer, check_endpoint, single_outcome
from target_iterable.bulk_failures import UNEXPLAINED, comparable
from target_iterable.contracts import ENVELOPE, Contract, counts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_iterable.client import IterableClient
    from target_iterable.identifiers import ProjectType
    from target_iterable.profile_reads import Profile
    from target_iterable.subscription_groups import Group

BULK_PATH = "/api/users/bulkUpdateSubscriptions"
SINGLE_PATH = "/api/users/updateSubscriptions"
MOST_IN_A_CALL = 1000
SECONDS_BEFORE_SECOND_TRY = 1.0
INTERNAL_FAULT = rejected(
    "Iterable reports an internal error for this person: send the record again later", "transient"
)
_INVALID = rejected("Iterable does not take the identifier", "invalid")
_ALONE = RetryPolicy(attempts=3)


@dataclass(frozen=True, slots=True)
class Choices:
    """The arrays of a profile that say what a person gets.

    Attributes:
        left_channels: Numbers of channels the person has left.
        left_types: Numbers of message types the person has left.
        joined_types: Numbers of opt-in message types the person has joined.
    """

    left_channels: frozenset[int] = frozenset()
    left_types: frozenset[int] = frozenset()
    joined_types: frozenset[int] = frozenset()

    @classmethod
    def of(cls, profile: Profile) -> Choices:
        """Return what stands on a profile; Iterable leaves arrays out that were never written."""
        fields = profile.get("dataFields") or {}
        return cls(
            frozenset(fields.get("unsubscribedChannelIds") or ()),
            frozenset(fields.get("unsubscribedMessageTypeIds") or ()),
            frozenset(fields.get("subscribedMessageTypeIds") or ()),
        )

    def opted_out(self, group: Group) -> bool:
        """Whether the person has left a group, or the channel of a message type."""
        return group.channel_id in self.left_channels or (group.kind == "messageType" and group.id in self.left_types)

    def subscribed(self, group: Group) -> bool:
        """Whether the person gets the messages of a group."""
        return not self.opted_out(group) and (not group.opt_in or group.id in self.joined_types)

    def aligned(self, groups: Iterable[Group]) -> bool:
        """Whether the channels of all joined message types are joined too.

        Iterable: where they are not, nothing is sent, and the choice is kept for the day the channel is joined again.
        """
        types = (group for group in groups if group.kind == "messageType" and group.id in self.joined_types)
        return not any(group.channel_id in self.left_channels for group in types)

    def left(self, group: Group) -> Choices:
        """Return the choices after leaving a group."""
        if group.kind == "messageChannel":
            return replace(self, left_channels=self.left_channels | {group.id})
        return replace(self, left_types=self.left_types | {group.id}, joined_types=self.joined_types - {group.id})

    def joined(self, group: Group) -> Choices:
        """Return the choices after joining a group; joining a message type does not join its channel."""
        if group.kind == "messageChannel":
            return replace(self, left_channels=self.left_channels - {group.id})
        joined_types = self.joined_types | {group.id} if group.opt_in else self.joined_types
        return replace(self, left_types=self.left_types - {group.id}, joined_types=joined_types)


def reference(person: Mapping[str, Any], project_type: ProjectType, *, new: bool = False) -> dict[str, str]:
    """Return the one identifier by which a subscription request names a person.

    Iterable: give an e-mail address or a userId, not both. A hybrid project finds people by either: by the userId if
    there is one, because it does not change; but somebody new is made by the address, which a userId can be added to.

    Args:
        person: Holds `userId`, `email` or both.
        project_type: What the project identifies people by.
        new: Whether the request is to make the profile.
    """
    email, user_id = person.get("email"), person.get("userId")
    by_email = project_type == "email" or (new and project_type == "hybrid")
    return {"email": str(email)} if email and (by_email or not user_id) else {"userId": str(user_id)}


def request_element(
    person: Mapping[str, str], before: Choices | None, after: Choices, *, aligned: bool = True
) -> dict[str, Any]:
    """Return an element of `bulkUpdateSubscriptions` that turns one set of choices into another.

    Iterable: each array that is given replaces the profile's, those left out stay. Only those that change are given;
    for a new profile both arrays of what it leaves, so that the element is never without any.

    Args:
        person: As from `reference`.
        before: What stands on the profile; None if there is none yet.
        after: What is to stand there.
        aligned: Whether Iterable is to refuse a joined message type in a channel that was left.
    """
    arrays = {
        "unsubscribedChannelIds": (before and before.left_channels, after.left_channels),
        "unsubscribedMessageTypeIds": (before and before.left_types, after.left_types),
        # Iterable: an error unless the project has opt-in types, so it is never given without need.
        "subscribedMessageTypeIds": (before.joined_types if before else frozenset(), after.joined_types),
    }
    changed = {name: sorted(new) for name, (old, new) in arrays.items() if old != new}
    return {**person, **changed, "validateChannelAlignment": aligned}


class ChoicesWriter:
    """Overwrites what people have joined and left; an unknown person is created with it.

    Iterable: `bulkUpdateSubscriptions` answers 200 with failures by identifier: malformed ones, and internal errors on
    valid ones, which are to be tried again. Alone, a person is answered with the reason.

    Args:
        client: The project.
        stream: The stream it is for, named if the key is not allowed to write.
    """

    def __init__(self, client: IterableClient, stream: str) -> None:
        self._client = client
        self._stream = stream

    def overwrite(self, elements: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """Write elements of `bulkUpdateSubscriptions`, no person twice, and return the outcome of each.

        Raises:
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        outcomes = self._in_bulk(elements)
        failed = [place for place, outcome in enumerate(outcomes) if outcome is INTERNAL_FAULT]
        if failed:
            self._client.shutdown.sleep(SECONDS_BEFORE_SECOND_TRY)
            for place, outcome in zip(failed, self._in_bulk([elements[place] for place in failed]), strict=True):
                outcomes[place] = self._alone(elements[place]) if outcome is INTERNAL_FAULT else outcome
        return outcomes

    def _in_bulk(self, elements: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for start in range(0, len(elements), MOST_IN_A_CALL):
            outcomes += deliver_narrowing(elements[start : start + MOST_IN_A_CALL], self._attempt)
        return outcomes

    def _attempt(self, elements: Sequence[Mapping[str, Any]]) -> Sequence[Outcome]:
        answer = self._ask(BULK_PATH, {"updateSubscriptionsRequests": elements}, counts_of(elements))
        check_endpoint(answer, self._stream)
        if not answer.succeeded:
            if len(elements) == 1:
                return [single_outcome(answer)]
            reason = f"Iterable refuses it ({answer.word})"
            raise BatchRefused(reason, answer.word)
        invalid = _listed(answer, "invalidEmails", "invalidUserIds")
        failing = _listed(answer, "validEmailFailures", "validUserIdFailures")
        outcomes = [_outcome_of(element, invalid, failing) for element in elements]
        counted = answer.body.get("failCount")
        if isinstance(counted, int) and counted > sum(outcome != DELIVERED for outcome in outcomes):
            if len(elements) == 1:
                return [UNEXPLAINED]
            raise BatchRefused(UNEXPLAINED.reason, UNEXPLAINED.code)
        return outcomes

    def _alone(self, element: Mapping[str, Any]) -> Outcome:
        try:
            answer = self._ask(SINGLE_PATH, element, ENVELOPE, _ALONE)
        except ServiceFailing:
            # The bulk call has just been answered: it is this person, not an outage.
            return INTERNAL_FAULT
        return DELIVERED if answer.succeeded else single_outcome(answer)

    def _ask(self, path: str, body: Mapping[str, Any], contract: Contract, retry: RetryPolicy | None = None) -> Answer:
        return self._client.ask(
            "POST",
            path,
            contract=contract,
            stream=self._stream,
            budget=self._client.budgets.subscriptions,
            body=encode(body),
            retry=retry,
        )


def _listed(answer: Answer, *names: str) -> set[str]:
    lists = [answer.body.get(name) for name in names]
    return {comparable(identifier) for listed in lists if isinstance(listed, list) for identifier in listed}


def _outcome_of(element: Mapping[str, Any], invalid: set[str], failing: set[str]) -> Outcome:
    identifier = comparable(element.get("email") or element.get("userId"))
    if identifier in invalid:
        return _INVALID
    return INTERNAL_FAULT if identifier in failing else DELIVERED
