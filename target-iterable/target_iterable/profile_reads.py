"""Looks profiles up: what Iterable holds about a person before something is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from target_iterable.answers import check_access, read_answer, single_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from delivery.outcome import Outcome

    from target_iterable.client import IterableClient
    from target_iterable.identifiers import ProjectType

Profile = dict[str, Any]
"""A user as Iterable shows it: `email` and `userId` where known, and `dataFields`."""

UNKNOWN_USER_ID = "error.users.noUserWithIdExists"
UNKNOWN_USER_ID_AS_TEXT = "No user with that id exists"
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
                goes by the address; a hybrid one by the userId, and by the address if nobody has the userId.

        Raises:
            ProfileRefused: If Iterable does not take the identifier.
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        email, user_id = person.get("email"), person.get("userId")
        if email and (self._project_type == "email" or not user_id):
            return self._by_email(email)
        found = self._by_user_id(user_id) if user_id else None
        if found is None and email and self._project_type == "hybrid":
            return self._by_email(email)
        return found

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

    def _by_email(self, email: str) -> Profile | None:
        return self._get("/api/users/getByEmail", {"email": email})

    def _by_user_id(self, user_id: str) -> Profile | None:
        return self._get("/api/users/byUserId", {"userId": user_id})

    def _get(self, path: str, parameters: Mapping[str, str]) -> Profile | None:
        response = self._client.call(
            "GET", path, read=lambda response: response, budget=self._client.budgets.reads, parameters=parameters
        )
        answer = read_answer(response)
        check_access(answer, self._stream)
        if answer.succeeded:
            return answer.body.get("user") or None
        # Only Iterable's own words for it count: taking another refusal for "unknown" would overwrite a profile.
        if answer.code == UNKNOWN_USER_ID or response.text.startswith(UNKNOWN_USER_ID_AS_TEXT):
            return None
        raise ProfileRefused(single_outcome(answer))
