"""User profiles and what a project keeps per person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(slots=True, eq=False)
class Event:
    """A custom event.

    Attributes:
        event_id: Unique across all custom events of the project.
        name: Event name.
        profile: Whom it happened to.
        created_at: Time of the event.
        data: Its data fields.
        campaign_id: Campaign it is attributed to.
        template_id: Template it is attributed to.
        has_own_id: False when the service made the id up.
        has_own_time: False when the time is that of receipt.
        received_at: Time of the last request that wrote it.
    """

    event_id: str
    name: str
    profile: Profile
    created_at: datetime
    data: dict[str, Any]
    campaign_id: int | None
    template_id: int | None
    has_own_id: bool
    has_own_time: bool
    received_at: datetime


@dataclass(slots=True, eq=False)
class Purchase:
    """A purchase; the members as in ``Event``, and the money as the plain number that was sent."""

    purchase_id: str
    profile: Profile
    created_at: datetime
    total: float
    items: list[dict[str, Any]]
    data: dict[str, Any]
    campaign_id: int | None
    template_id: int | None
    has_own_id: bool
    has_own_time: bool
    received_at: datetime


@dataclass(slots=True, eq=False)
class Profile:
    """One person.

    Attributes:
        email: Lower-cased address; None for people known by user id alone.
        user_id: The customer's id; None for people known by address alone.
        created_at: Time of the request that created the profile.
        updated_at: Time of the last request that wrote it.
        data: Custom fields, and those reserved fields that may be written.
        cart: ``shoppingCartItems``, written only by the commerce endpoints; None until the first cart.
        list_ids: Static lists the person is on.
        unsubscribed_channels: Channels the person has left.
        unsubscribed_types: Message types the person has left.
        subscribed_types: Opt-in message types the person has joined.
        events: Custom events by id, in order of arrival.
        purchases: Purchases by id, in order of arrival.
    """

    email: str | None
    user_id: str | None
    created_at: datetime
    updated_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    cart: list[dict[str, Any]] | None = None
    list_ids: set[int] = field(default_factory=set)
    unsubscribed_channels: set[int] = field(default_factory=set)
    unsubscribed_types: set[int] = field(default_factory=set)
    subscribed_types: set[int] = field(default_factory=set)
    events: dict[str, Event] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)


class ProfileStore:
    """All profiles of a project, found by address and by user id.

    Neither identifier need be unique (section "Project types" of the vendor's documentation): one address may
    belong to several people in a userID-based project, one user id to several in an email-based one. The
    oldest of them is found.
    """

    def __init__(self) -> None:
        self._profiles: dict[Profile, None] = {}
        self._by_email: dict[str, list[Profile]] = {}
        self._by_user_id: dict[str, list[Profile]] = {}

    def __len__(self) -> int:
        return len(self._profiles)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._profiles)

    def with_email(self, email: str) -> Profile | None:
        """Return the oldest profile with an address (lower-cased)."""
        found = self._by_email.get(email)
        return found[0] if found else None

    def with_user_id(self, user_id: str) -> Profile | None:
        """Return the oldest profile with a user id (case counts)."""
        found = self._by_user_id.get(user_id)
        return found[0] if found else None

    def create(self, email: str | None, user_id: str | None, now: datetime) -> Profile:
        """Add a profile."""
        profile = Profile(email, user_id, created_at=now, updated_at=now)
        self._profiles[profile] = None
        _index(self._by_email, email, profile)
        _index(self._by_user_id, user_id, profile)
        return profile

    def change_email(self, profile: Profile, email: str | None) -> None:
        """Give a profile another address."""
        _unindex(self._by_email, profile.email, profile)
        profile.email = email
        _index(self._by_email, email, profile)

    def change_user_id(self, profile: Profile, user_id: str | None) -> None:
        """Give a profile another user id."""
        _unindex(self._by_user_id, profile.user_id, profile)
        profile.user_id = user_id
        _index(self._by_user_id, user_id, profile)

    def remove(self, profile: Profile) -> None:
        """Remove a profile."""
        del self._profiles[profile]
        _unindex(self._by_email, profile.email, profile)
        _unindex(self._by_user_id, profile.user_id, profile)


def _index(index: dict[str, list[Profile]], key: str | None, profile: Profile) -> None:
    if key is not None:
        index.setdefault(key, []).append(profile)


def _unindex(index: dict[str, list[Profile]], key: str | None, profile: Profile) -> None:
    if key is None:
        return
    index[key].remove(profile)
    if not index[key]:
        del index[key]
