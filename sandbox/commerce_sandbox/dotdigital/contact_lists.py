"""Lists of contacts, which version 2 of the interface calls address books."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.data_fields import Visibility

NAME_LENGTH = 128
ALL_CONTACTS = "All Contacts"
RESERVED_NAMES = ("Test", ALL_CONTACTS)
_FIRST_ID = 34_550


@dataclass(slots=True)
class ContactList:
    """One list.

    Attributes:
        id: Its number.
        name: Its name, unique without regard to case.
        visibility: Whether people may join it.
        contact_ids: The contacts on it, in the order they came.
    """

    id: int
    name: str
    visibility: Visibility = "Private"
    contact_ids: dict[int, None] = field(default_factory=dict)

    @property
    def writable(self) -> bool:
        """Whether contacts can be put on the list."""
        return self.name not in RESERVED_NAMES

    def document(self, contacts: int) -> dict[str, Any]:
        """Return the list as the service shows it, with its number of contacts."""
        return {"id": self.id, "name": self.name, "visibility": self.visibility, "contacts": contacts}


@dataclass(slots=True)
class ContactLists:
    """The lists of the account."""

    _by_id: dict[int, ContactList] = field(default_factory=dict)
    _by_name: dict[str, ContactList] = field(default_factory=dict)
    _last_id: int = _FIRST_ID

    def __post_init__(self) -> None:
        for name in RESERVED_NAMES:
            self.add(name, "Private")

    def add(self, name: str, visibility: Visibility) -> ContactList:
        """Create a list and return it."""
        self._last_id += 1
        created = ContactList(self._last_id, name, visibility)
        self._by_id[created.id] = created
        self._by_name[name.lower()] = created
        return created

    def find(self, list_id: int) -> ContactList | None:
        """Return a list by number, or None."""
        return self._by_id.get(list_id)

    def named(self, name: str) -> ContactList | None:
        """Return a list by name in any case, or None."""
        return self._by_name.get(name.lower())

    def remove(self, removed: ContactList) -> None:
        """Delete a list; its contacts stay."""
        del self._by_id[removed.id]
        del self._by_name[removed.name.lower()]

    def all(self) -> list[ContactList]:
        """Return the lists in the order of their numbers."""
        return list(self._by_id.values())

    def of_contact(self, contact_id: int) -> list[ContactList]:
        """Return the lists a contact is on."""
        return [contact_list for contact_list in self._by_id.values() if contact_id in contact_list.contact_ids]

    def take_off_all(self, contact_id: int) -> None:
        """Take a contact off all lists."""
        for contact_list in self._by_id.values():
            contact_list.contact_ids.pop(contact_id, None)
