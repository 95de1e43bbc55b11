"""Looks profiles up: what Iterable holds about a person before something is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from delivery.outcome import Outcome, rejected

from target_iterable.answers import UNKNOWN_USER_ID, single_outcome
from target_iterable.contracts import profile_by_email, profile_by_user_id
from target_iterable.identifiers import addresses_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_iterable.client import IterableClient
    from target_iterable.contracts import Contract
    from target_iterable.identifiers import ProjectType

Profile = dict[str, Any]
"""A user as Iterable shows it: `email` and `userId` where known, and `dataFields`."""

OF_CHOICES = ("unsubscribedChannelIds", "unsubscribedMessageTypeIds", "subscribedMessageTypeIds")
SIDE_BY_SIDE = 16


class ProfileRefused(Exception):
    """Iterable refuses to look a person up.

    Attributes:
        outcome: What becomes of a record about that person.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class ProfileReader:
    """Looks people up, as a project of its type identifies them; safe to use from several threads.

    Iterable: 100 reads a second a project. An unknown address is answered with an empty object; an unknown userId
    with 400 and `error.users.noUserWithIdExists`, years ago with 400 and a sentence. Identifiers travel as query
    parameters, which Iterable recommends for special characters, and which no error text repeats.

    Args:
        client: The project.
        project_type: What the project identifies people by.
        stream: The stream it is for, named if the key is not allowed to read.
    """

    def __init__(self, client: IterableClient, project_type: ProjectType, stream: str) -> None:
        self._client = client
        self._project_type = project_type
        self._stream = stream
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix=f"{stream}-reads")

    def read(self, person: Mapping[str, Any]) -> Profile | None:
        """Return a person's profile, or None if there is none.

        Args:
            person: Holds `userId`, `email` or both, as `normalize_person` leaves them. Of both, an email project
                goes by the address; a hybrid one by the userId, and if nobody has it by the address, also by that
                which the profile is to have (`dataFields.email`): a guest may have it. The profile of another
                customer there is not this person's.

        Raises:
            ProfileRefused: If Iterable does not take the identifier.
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        return self.own(self._named_by(person), person)

    def read_all(self, person: Mapping[str, Any]) -> list[Profile]:
        """Return each profile that has one of a person's identifiers, that with the userId first.

        A hybrid project may have two: two customers may give one address, of whom only one can have it there.

        Args:
            person: Holds `userId`, `email` or both.

        Raises:
            ProfileRefused: If Iterable does not take an identifier.
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        return list(self._named_by(person))

    def own(self, profiles: Iterable[Profile], person: Mapping[str, Any]) -> Profile | None:
        """Return that of several profiles, as `read_all` returns them, which is the person's; None if none is."""
        return next((profile for profile in profiles if self.is_own(profile, person)), None)

    def is_own(self, profile: Profile, person: Mapping[str, Any]) -> bool:
        """Whether a profile is not another customer's: where an address is all that is shared, it may be."""
        ids = {profile.get("userId"), person.get("userId")} - {None, ""}
        return self._project_type != "hybrid" or len(ids) <= 1

    def read_all_of_many(self, people: Sequence[Mapping[str, Any]]) -> list[list[Profile] | Outcome]:
        """Return the profiles of several people as `read_all` does, looked up side by side within the budget.

        Returns:
            For each person, in order: the profiles, or what becomes of a record about that person if Iterable does not
            take an identifier.

        Raises:
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        return list(self._pool.map(self._read_all_or_outcome, people))

    def read_many(self, people: Sequence[Mapping[str, Any]]) -> list[Profile | Outcome | None]:
        """Return the profiles of several people, looked up side by side within the endpoint's budget.

        Args:
            people: As for `read`.

        Returns:
            For each person, in order: the profile, None if there is none, or what becomes of a record about that
            person if Iterable does not take the identifier.

        Raises:
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        return list(self._pool.map(self._read_or_outcome, people))

    def _read_or_outcome(self, person: Mapping[str, Any]) -> Profile | Outcome | None:
        try:
            return self.read(person)
        except ProfileRefused as refused:
            return refused.outcome

    def _read_all_or_outcome(self, person: Mapping[str, Any]) -> list[Profile] | Outcome:
        try:
            return self.read_all(person)
        except ProfileRefused as refused:
            return refused.outcome

    def _named_by(self, person: Mapping[str, Any]) -> Iterator[Profile]:
        """Yield the profiles that a person's identifiers name, looked up one by one, each of them once."""
        user_id = None if self._project_type == "email" and person.get("email") else person.get("userId")
        named = self._by_user_id(user_id) if user_id else None
        found = [] if named is None else [named]
        yield from found
        for address in self._addresses(person):
            if address in map(comparable_address, found):
                continue
            named = self._by_email(address)
            if named is not None:
                found.append(named)
                yield named

    def _addresses(self, person: Mapping[str, Any]) -> list[str]:
        """Return the addresses that a person may be found by."""
        if self._project_type == "hybrid" and person.get("userId"):
            return addresses_of(person)
        # Who is named by an address alone is whoever has that one, whatever address the profile is to have.
        email = person.get("email")
        return [email] if email and self._project_type != "userid" else []

    def _by_email(self, email: str) -> Profile | None:
        return self._get("/api/users/getByEmail", {"email": email}, profile_by_email(email))

    def _by_user_id(self, user_id: str) -> Profile | None:
        return self._get("/api/users/byUserId", {"userId": user_id}, profile_by_user_id(user_id))

    def _get(self, path: str, parameters: Mapping[str, str], contract: Contract) -> Profile | None:
        answer = self._client.ask(
            "GET",
            path,
            contract=contract,
            stream=self._stream,
            budget=self._client.budgets.reads,
            parameters=parameters,
        )
        # Only Iterable's own words for it count: taking another refusal for "unknown" would overwrite a profile.
        if answer.code == UNKNOWN_USER_ID:
            return None
        if not answer.succeeded:
            raise ProfileRefused(single_outcome(answer))
        found: Profile | None = answer.body.get("user")
        if found is not None and (unclear := _unclear_choices(found)):
            raise ProfileRefused(unclear)
        return found


def comparable_address(profile: Profile) -> str:
    """Return a profile's address as addresses are compared; empty if it has none."""
    return str(profile.get("email") or "").strip().lower()


def _unclear_choices(profile: Profile) -> Outcome | None:
    """Return why nothing can be decided by what a profile says of the person's choices; None if it can."""
    fields = profile.get("dataFields") or {}
    for name in OF_CHOICES:
        chosen = fields.get(name)
        if chosen is not None and not (isinstance(chosen, list) and all(type(one) is int for one in chosen)):
            return rejected(f"the profile in Iterable holds something else than numbers in '{name}'", "profile")
    return None
