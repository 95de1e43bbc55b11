"""Deletes Insight records by key.

Dotdigital: 1 to 5 000 keys of one collection a call; in a collection of contacts, of one contact a call. Keys that are
not there are told and are no failure. Insight data has no recycle bin: what is deleted is gone for good.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import quote

from delivery.json_text import encode
from delivery.narrowing import BatchRefused, deliver_narrowing
from delivery.outcome import DELIVERED, Outcome

from target_dotdigital.answers import NOT_FOUND
from target_dotdigital.call_contracts import DELETION_BY_KEY, INSIGHT_DELETION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.insight_collections import Collection

MOST_KEYS = 5_000

Owner = tuple[str, str]


class InsightDeletion:
    """Deletes records of one account.

    Args:
        client: The account.
    """

    def __init__(self, client: DotdigitalClient) -> None:
        self._client = client

    def delete(self, collection: Collection, owners: Sequence[Owner | None], keys: Sequence[str]) -> list[Outcome]:
        """Delete records, and return the outcome of each; one that is not there counts as deleted.

        Args:
            collection: Where they are.
            owners: Whose each is, as name and value of an identifier; None in a collection of the account.
            keys: Their keys; at most `MOST_KEYS`.

        Raises:
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        places: defaultdict[Owner | None, list[int]] = defaultdict(list)
        for place, owner in enumerate(owners):
            places[owner].append(place)
        outcomes: list[Outcome] = [DELIVERED] * len(keys)
        for owner, held in places.items():
            path, shown_path = _path(collection, owner)
            results = deliver_narrowing(
                [keys[place] for place in held],
                lambda some, path=path, shown_path=shown_path: self._delete(path, shown_path, some),  # type: ignore[misc]
            )
            for place, outcome in zip(held, results, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _delete(self, path: str, shown_path: str, keys: Sequence[str]) -> list[Outcome]:
        budget = self._client.budgets.insight_writes
        answer = self._client.ask(
            "DELETE",
            path,
            contract=INSIGHT_DELETION,
            budget=budget,
            body=encode({"keys": keys}),
            shown_path=shown_path,
        )
        if answer.succeeded and _counted(answer.data["summary"]) < len(keys):
            message = "Dotdigital tells of fewer records than were to be deleted"
            raise BatchRefused(message, "notInReport")
        if answer.succeeded or answer.status == NOT_FOUND:
            # No such collection, or no such contact: there is nothing to delete.
            return [DELIVERED] * len(keys)
        message = f"Dotdigital does not delete it ({answer.explained})"
        raise BatchRefused(message, answer.word)

    def delete_whoever_owns(self, collection: Collection, key: str) -> bool:
        """Delete a record of a contact of whom nothing is known, and return whether it is gone.

        Dotdigital: version 3 deletes a contact's record by way of its contact, and tells no record's owner by its key;
        version 2 deletes by key alone.
        """
        start = f"/v2/contacts/transactional-data/{quote(collection.name, safe='')}"
        path, shown_path = f"{start}/{quote(key, safe='')}", f"{start}/…"
        answer = self._client.ask(
            "DELETE",
            path,
            contract=DELETION_BY_KEY,
            budget=self._client.budgets.insight_writes,
            shown_path=shown_path,
        )
        return answer.succeeded or answer.status == NOT_FOUND


def _counted(summary: dict[str, int]) -> int:
    """Return of how many records a deletion tells what became of them."""
    return summary["totalDeleted"] + summary["totalNotFound"]


def _path(collection: Collection, owner: Owner | None) -> tuple[str, str]:
    """Return the path of a deletion, and the path as it may be shown."""
    name = quote(collection.name, safe="")
    if owner is None:
        # In the plural, unlike the paths of single records.
        path = f"/insightData/v3/accounts/{name}/deleteRecords"
        return path, path
    identifier, value = (quote(part, safe="") for part in owner)
    start = f"/insightData/v3/contacts/{identifier}"
    return f"{start}/{value}/{name}/deleteRecords", f"{start}/…/{name}/deleteRecords"
