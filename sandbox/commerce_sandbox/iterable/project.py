"""Everything one Iterable project holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from commerce_sandbox.iterable.channels import Channels
from commerce_sandbox.iterable.field_schema import FieldSchema
from commerce_sandbox.iterable.forgotten import ForgottenPeople
from commerce_sandbox.iterable.profiles import Event, Profile, ProfileStore, Purchase

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.iterable.catalog_store import Catalog
    from commerce_sandbox.iterable.settings import IterableSettings

BUILT_IN_USER_FIELDS: Final = {
    "devices": "object",
    "email": "string",
    "ip": "string",
    "itblInternal": "object",
    "phoneNumber": "string",
    "profileUpdatedAt": "date",
    "shoppingCartItems": "object",
    "signupDate": "date",
    "signupSource": "string",
    "subscribedMessageTypeIds": "long",
    "timeZone": "string",
    "unsubscribedChannelIds": "long",
    "unsubscribedMessageTypeIds": "long",
    "userId": "string",
}
"""Profile fields that every project knows; they do not count towards the limit."""

_FIRST_LIST_ID: Final = 61_001


@dataclass(slots=True, eq=False)
class StaticList:
    """A static list; its members are kept on the profiles.

    Attributes:
        list_id: Number that identifies it; names are not unique.
        name: For people.
        description: For people.
        created_at: When it was created.
    """

    list_id: int
    name: str
    description: str | None
    created_at: datetime


@dataclass(slots=True, eq=False)
class Project:
    """The state of the project; endpoints read and change it.

    Attributes:
        clock: The sandbox's clock.
        settings: What the project allows; replaced as a whole when changed.
        profiles: People.
        events: Custom events of all people, by id.
        purchases: Purchases of all people, by id.
        catalogs: Catalogs by lower-cased name.
        lists: Static lists by id, in order of creation.
        channels: Channels and message types.
        forgotten: Hashes of forgotten people.
        user_schema: Types of profile fields.
        event_schema: Types of event fields, each path beginning with the event's name.
        purchase_schema: Types of the data fields of purchases.
        item_schema: Types of the data fields of items in purchases and carts.
        next_list_id: Id of the next list.
    """

    clock: Clock
    settings: IterableSettings
    profiles: ProfileStore = field(init=False, default_factory=ProfileStore)
    events: dict[str, Event] = field(init=False, default_factory=dict)
    purchases: dict[str, Purchase] = field(init=False, default_factory=dict)
    catalogs: dict[str, Catalog] = field(init=False, default_factory=dict)
    lists: dict[int, StaticList] = field(init=False, default_factory=dict)
    channels: Channels = field(init=False, default_factory=Channels)
    forgotten: ForgottenPeople = field(init=False, default_factory=ForgottenPeople)
    user_schema: FieldSchema = field(init=False)
    event_schema: FieldSchema = field(init=False)
    purchase_schema: FieldSchema = field(init=False)
    item_schema: FieldSchema = field(init=False)
    next_list_id: int = field(init=False, default=_FIRST_LIST_ID)

    def __post_init__(self) -> None:
        self.user_schema = FieldSchema("user", built_in={**BUILT_IN_USER_FIELDS, self.list_field: "long"})
        self.event_schema = FieldSchema("customEvent")
        self.purchase_schema = FieldSchema("purchase")
        self.item_schema = FieldSchema("purchase")
        self.forget_as_set()

    @property
    def list_field(self) -> str:
        """The profile field that holds static lists: it differs between project types."""
        return "emailListIds" if self.settings.project_type == "email" else "userListIds"

    def forget_as_set(self) -> None:
        """Forget the people whom the settings name."""
        for email in self.settings.forgotten_emails:
            self.forgotten.add(email=email, user_id=None)
        for user_id in self.settings.forgotten_user_ids:
            self.forgotten.add(email=None, user_id=user_id)

    def remove_profile(self, profile: Profile) -> None:
        """Remove a person with all events and purchases."""
        for event_id in profile.events:
            del self.events[event_id]
        for purchase_id in profile.purchases:
            del self.purchases[purchase_id]
        self.profiles.remove(profile)

    def members(self, list_id: int) -> list[Profile]:
        """Return the people on a list, in order of arrival in the project."""
        return [profile for profile in self.profiles if list_id in profile.list_ids]
