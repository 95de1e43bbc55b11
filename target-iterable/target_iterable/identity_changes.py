"""People whose identifiers change: another address, or a guest who has become a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.json_text import encode
from delivery.outcome import Outcome, rejected

from target_iterable.answers import BAD_PARAMETERS, FORGOTTEN, FORGOTTEN_CODE, single_outcome
from target_iterable.contracts import ENVELOPE
from target_iterable.profile_reads import ProfileRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient
    from target_iterable.new_profiles import NewProfiles
    from target_iterable.profile_reads import Profile, ProfileReader

Record = dict[str, Any]

UPDATE_EMAIL = "/api/users/updateEmail"
MERGE = "/api/users/merge"
UPDATE_SUBSCRIPTIONS = "/api/users/updateSubscriptions"
EMAIL_CONFLICT = "conflictEmails"
_OPT_OUTS = ("unsubscribedChannelIds", "unsubscribedMessageTypeIds")
_OPT_INS = "subscribedMessageTypeIds"

ADDRESS_TAKEN = rejected(
    "the person has a new e-mail address, and another profile in Iterable has it already: merge the two there",
    "EmailAlreadyExists",
)
ADDRESS_OF_ANOTHER = rejected(
    "another userId has the e-mail address in Iterable: correct the address of one of the two", EMAIL_CONFLICT
)


class EmailChanges:
    """Follows changes of address in an email project, where the address identifies a profile.

    Iterable: a profile's address changes there by `users/updateEmail` only, which moves the profile with its events;
    a record with the new address alone would make a second profile. The profile is found by the userId.
    """

    def __init__(self, client: IterableClient, profiles: ProfileReader, new_profiles: NewProfiles, stream: str) -> None:
        self._client = client
        self._profiles = profiles
        self._new_profiles = new_profiles
        self._stream = stream

    def follow(self, batch: Sequence[Entry]) -> list[Outcome | None]:
        """Change the addresses of those whose records bring another; one look-up for each record with both identifiers.

        Returns:
            For each entry, in order: None if its record can be sent, or its outcome.

        Raises:
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        outcomes: list[Outcome | None] = [None] * len(batch)
        both = [place for place, entry in enumerate(batch) if entry.record.get("email") and entry.record.get("userId")]
        found = self._profiles.read_many([{"userId": batch[place].record["userId"]} for place in both])
        for place, profile in zip(both, found, strict=True):
            outcomes[place] = profile if isinstance(profile, Outcome) else self._follow_one(batch[place], profile)
        return outcomes

    def _follow_one(self, entry: Entry, profile: Profile | None) -> Outcome | None:
        address = entry.record["email"]
        known = (profile or {}).get("email")
        if not known or known == address:
            return None
        answer = self._client.ask(
            "POST",
            UPDATE_EMAIL,
            contract=ENVELOPE,
            stream=self._stream,
            budget=self._client.budgets.email_changes,
            body=encode({"currentEmail": known, "newEmail": address}),
        )
        # Nobody has the old address any more: whoever comes with it is new.
        self._new_profiles.forget({"email": known})
        if answer.succeeded:
            return None
        # A call whose answer was lost has had its effect: the old address is unknown then, the new one this person's.
        if answer.code == BAD_PARAMETERS or self._is_own(entry.record):
            return None
        return ADDRESS_TAKEN if answer.code == "EmailAlreadyExists" else single_outcome(answer)

    def _is_own(self, record: Record) -> bool:
        try:
            profile = self._profiles.read({"email": record["email"]})
        except ProfileRefused:
            return False
        return profile is not None and profile.get("userId") == record["userId"]


class GuestMerges:
    """Makes a guest part of the customer he or she has become, in a hybrid project.

    A guest's purchase makes a profile that has an address only. When the customer with this address comes, Iterable
    reports a conflict, because an address is unique there. The guest is then merged into the customer.

    Iterable: `users/merge` copies events and missing fields and deletes the source; where both have a value, the
    destination's stays. That holds for opt-outs too. What the guest has opted out of is therefore written to the
    customer before the merge, beside the customer's own opt-outs; and what the customer has opted out of is taken from
    the guest's opt-ins.
    """

    def __init__(self, client: IterableClient, profiles: ProfileReader, stream: str) -> None:
        self._client = client
        self._profiles = profiles
        self._stream = stream

    def resolve(self, record: Record) -> Outcome | None:
        """Merge the guest who holds the address of a record; at most five calls.

        Args:
            record: A record that Iterable refused because of its address.

        Returns:
            None if the record can be sent again, or its outcome.

        Raises:
            StreamStopped: If the key may not merge people.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        user_id, address = record.get("userId"), _address(record)
        if not user_id or not address:
            return ADDRESS_OF_ANOTHER
        try:
            guest = self._profiles.read({"email": address})
            customer = self._profiles.read({"userId": user_id})
        except ProfileRefused as refused:
            return refused.outcome
        if guest is None:
            return None
        if guest.get("userId"):
            return None if guest["userId"] == user_id else ADDRESS_OF_ANOTHER
        refusal = self._unite_opt_outs(guest, address, customer, user_id)
        return refusal or self._merge(address, user_id)

    def _unite_opt_outs(self, guest: Profile, address: str, customer: Profile | None, user_id: str) -> Outcome | None:
        if customer is None:
            # The guest gets the userId and stays as it is.
            return None
        theirs, own = _subscriptions(guest), _subscriptions(customer)
        missing = [name for name in _OPT_OUTS if not theirs[name] <= own[name]]
        if missing:
            united = {name: sorted(own[name] | theirs[name]) for name in missing}
            if refusal := self._write({"userId": user_id, **united}):
                return refusal
        withdrawn = theirs[_OPT_INS] & own["unsubscribedMessageTypeIds"]
        if withdrawn:
            return self._write({"email": address, _OPT_INS: sorted(theirs[_OPT_INS] - withdrawn)})
        return None

    def _write(self, subscriptions: Mapping[str, Any]) -> Outcome | None:
        answer = self._client.ask(
            "POST",
            UPDATE_SUBSCRIPTIONS,
            contract=ENVELOPE,
            stream=self._stream,
            budget=self._client.budgets.user_merges,
            body=encode(subscriptions),
        )
        if answer.succeeded:
            return None
        if answer.code == FORGOTTEN_CODE:
            return FORGOTTEN
        return rejected(
            f"a guest has the e-mail address, whose opt-outs could not be carried over before a merge ({answer.word})",
            answer.word,
        )

    def _merge(self, address: str, user_id: str) -> Outcome | None:
        answer = self._client.ask(
            "POST",
            MERGE,
            contract=ENVELOPE,
            stream=self._stream,
            budget=self._client.budgets.user_merges,
            body=encode({"sourceEmail": address, "destinationUserId": user_id}),
        )
        # A merge whose answer was lost has had its effect: there is no guest any more.
        if answer.succeeded or answer.code == BAD_PARAMETERS:
            return None
        if answer.code == FORGOTTEN_CODE:
            return FORGOTTEN
        return rejected(
            f"a guest has the e-mail address, and Iterable does not merge the two ({answer.word})", answer.word
        )


def _address(record: Record) -> str | None:
    fields = record.get("dataFields") or {}
    address = fields.get("email") or record.get("email")
    return address if isinstance(address, str) else None


def _subscriptions(profile: Profile) -> dict[str, set[int]]:
    fields = profile.get("dataFields") or {}
    return {name: set(fields.get(name) or ()) for name in (*_OPT_OUTS, _OPT_INS)}
