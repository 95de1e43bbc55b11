"""Takes people out of everything that mails marketing, and changes nothing else they have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from delivery.json_text import encode
from delivery.outcome import DELIVERED, Outcome

from target_iterable.answers import NOT_FOUND, single_outcome
from target_iterable.contracts import ENVELOPE, SUBSCRIPTION_CHANGE
from target_iterable.profile_reads import ProfileRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_iterable.client import IterableClient
    from target_iterable.profile_reads import ProfileReader
    from target_iterable.subscription_groups import SubscriptionGroups

OVERWRITE = "/api/users/updateSubscriptions"


class MarketingOptOuts:
    """Unsubscribes people from all channels of the type Marketing; safe to use from several threads.

    Iterable: an incremental call leaves one channel and touches nothing else, but the vendor must have enabled it; a
    project without it answers 404. The overwriting call is always there, and replaces all channels a person has left:
    what the profile holds is therefore read first, and sent along. Both would create somebody unknown, so nobody is
    unsubscribed whom the project does not know.

    Args:
        client: The project.
        groups: Its channels.
        profiles: Looks people up.
        stream: The stream it is for.
    """

    def __init__(
        self, client: IterableClient, groups: SubscriptionGroups, profiles: ProfileReader, stream: str
    ) -> None:
        self._client = client
        self._groups = groups
        self._profiles = profiles
        self._stream = stream
        self._incremental = True

    def unsubscribe(self, person: Mapping[str, str]) -> Outcome:
        """Unsubscribe one person: one call to look the person up, and one a channel that is not left yet.

        Args:
            person: `email` or `userId`, one of them.

        Raises:
            StreamStopped: If the key may not do this.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        try:
            profile = self._profiles.read(person)
        except ProfileRefused as refused:
            return refused.outcome
        if profile is None:
            return DELIVERED
        left = set((profile.get("dataFields") or {}).get("unsubscribedChannelIds") or ())
        marketing = {group.id for group in self._groups.all("messageChannel", self._stream) if group.marketing}
        for channel in sorted(marketing - left):
            refusal = self._leave(person, channel) if self._incremental else None
            if refusal is not None:
                return refusal
            if not self._incremental:
                return self._overwrite(person, left | marketing)
        return DELIVERED

    def _leave(self, person: Mapping[str, str], channel: int) -> Outcome | None:
        """Leave one channel; None if that is done, or if the project has no such call, which is remembered."""
        (name, identifier), *_ = person.items()
        path = f"/api/subscriptions/messageChannel/{channel}/{'byUserId' if name == 'userId' else 'user'}/"
        answer = self._client.ask(
            "DELETE",
            path + quote(identifier, safe=""),
            contract=SUBSCRIPTION_CHANGE,
            stream=self._stream,
            budget=self._client.budgets.user_deletions,
            shown_path=f"{path}{{{name}}}",
        )
        if answer.status == NOT_FOUND:
            # The channel is in the project's own list: it is the call that the project does not have.
            self._incremental = False
            return None
        return None if answer.succeeded else single_outcome(answer)

    def _overwrite(self, person: Mapping[str, str], channels: set[int]) -> Outcome:
        answer = self._client.ask(
            "POST",
            OVERWRITE,
            contract=ENVELOPE,
            stream=self._stream,
            budget=self._client.budgets.user_deletions,
            body=encode({**person, "unsubscribedChannelIds": sorted(channels)}),
        )
        return DELIVERED if answer.succeeded else single_outcome(answer)
