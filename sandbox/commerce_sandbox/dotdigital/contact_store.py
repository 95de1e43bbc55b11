"""All contacts of the account, the recycle bin, and the audit of who became mailable and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.contact import Contact
from commerce_sandbox.dotdigital.email_status import PENDING, SUBSCRIBED
from commerce_sandbox.dotdigital.identifiers import CONTACT_ID, identifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from commerce_sandbox.dotdigital.email_status import Mail, StatusDecision

_FIRST_ID = 9_000


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One change of a contact's e-mail status.

    Attributes:
        at: When.
        before: The status before; None if the contact was created.
        after: The status after.
        cause: The call that caused it, for example ``PUT /contacts/v3/import``.
        stated: Whether the request itself stated the status.
    """

    at: datetime
    before: str | None
    after: str
    cause: str
    stated: bool


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail the platform sent to a person because of a write."""

    at: datetime
    address: str
    kind: Mail
    cause: str


class IdentifierTakenError(Exception):
    """An identifier belongs to another contact.

    Attributes:
        name: The identifier.
        value: Its value.
    """

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name)
        self.name = name
        self.value = value


@dataclass(slots=True)
class ContactStore:
    """The contacts of the account.

    Attributes:
        mails_sent: Mails the platform sent, the oldest first.
        status_history: Changes of status by contact id, the oldest first.
    """

    mails_sent: list[SentMail] = field(default_factory=list)
    status_history: dict[int, list[StatusChange]] = field(default_factory=dict)
    _contacts: dict[int, Contact] = field(default_factory=dict)
    _bin: dict[int, Contact] = field(default_factory=dict)
    _index: dict[str, dict[str, Contact]] = field(default_factory=dict)
    _last_id: int = _FIRST_ID

    def all(self) -> Iterable[Contact]:
        """Return the contacts in the order of their ids, without those in the recycle bin."""
        return self._contacts.values()

    def binned(self) -> Iterable[Contact]:
        """Return the contacts in the recycle bin."""
        return self._bin.values()

    def __len__(self) -> int:
        return len(self._contacts)

    def __contains__(self, contact_id: object) -> bool:
        return contact_id in self._contacts

    def get(self, contact_id: int) -> Contact | None:
        """Return a contact by id, or None; contacts in the recycle bin count as absent."""
        return self._contacts.get(contact_id)

    def find(self, name: str, value: str) -> Contact | None:
        """Return the contact an identifier names, or None; contacts in the recycle bin count as absent."""
        contact = self.find_with_bin(name, value)
        return contact if contact is not None and contact.deleted is None else None

    def find_with_bin(self, name: str, value: str) -> Contact | None:
        """Return the contact an identifier names, be it alive or in the recycle bin."""
        key = identifier_key(name, value)
        if name == CONTACT_ID:
            contact_id = int(key) if key.isdecimal() else 0
            return self._contacts.get(contact_id) or self._bin.get(contact_id)
        return self._index.get(name.lower(), {}).get(key)

    def check_free(self, identifiers: Mapping[str, str], contact: Contact | None) -> None:
        """Check that no other contact holds one of the identifiers.

        Raises:
            IdentifierTakenError: If another contact, be it in the recycle bin, holds one.
        """
        for name, value in identifiers.items():
            holder = self.find_with_bin(name, value)
            if holder is not None and holder is not contact:
                raise IdentifierTakenError(name, value)

    def create(self, now: datetime) -> Contact:
        """Create a contact without identifiers and return it."""
        self._last_id += 1
        contact = Contact(self._last_id, now, now)
        self._contacts[contact.contact_id] = contact
        return contact

    def identify(self, contact: Contact, identifiers: Mapping[str, str]) -> None:
        """Give a contact identifiers, which must be free; others it has stay."""
        for name, value in identifiers.items():
            index = self._index.setdefault(name.lower(), {})
            held = contact.identifiers.get(name)
            if held is not None:
                index.pop(identifier_key(name, held), None)
            contact.identifiers[name] = value
            index[identifier_key(name, value)] = contact

    def take_identifiers(self, contact: Contact, names: Iterable[str]) -> None:
        """Take identifiers away from a contact."""
        for name in names:
            value = contact.identifiers.pop(name)
            self._index.get(name.lower(), {}).pop(identifier_key(name, value), None)

    def set_status(
        self,
        contact: Contact,
        decision: StatusDecision,
        now: datetime,
        cause: str,
        *,
        before: str | None,
        stated: bool,
    ) -> None:
        """Give a contact a status, send the mail that goes with it, and write both into the audit.

        Args:
            contact: The contact.
            decision: The new status and the mail.
            now: Present time.
            cause: The call that causes it.
            before: The status before; None for a new contact.
            stated: Whether the request stated the status.
        """
        if decision.mail is not None:
            self.mails_sent.append(SentMail(now, contact.address, decision.mail, cause))
        if decision.status == before:
            return
        contact.email.status = decision.status
        if decision.status == SUBSCRIBED:
            contact.last_subscribed = now
            contact.removed = None
        elif decision.status != PENDING:
            contact.removed = now
        change = StatusChange(now, before, decision.status, cause, stated)
        self.status_history.setdefault(contact.contact_id, []).append(change)

    def delete(self, contact: Contact, now: datetime) -> None:
        """Put a contact into the recycle bin, with its data and its status."""
        contact.deleted = now
        self._bin[contact.contact_id] = self._contacts.pop(contact.contact_id)

    def undelete(self, contact: Contact, now: datetime, cause: str) -> None:
        """Take a contact out of the recycle bin; it has the status again that it had."""
        contact.deleted = None
        self._contacts[contact.contact_id] = self._bin.pop(contact.contact_id)
        change = StatusChange(now, "deleted", contact.email.status, f"{cause} (undelete)", stated=False)
        self.status_history.setdefault(contact.contact_id, []).append(change)

    def purge(self, now: datetime, days: int) -> list[Contact]:
        """Forget the contacts that have been in the recycle bin for more than so many days; return them."""
        oldest = now - timedelta(days=days)
        purged = [contact for contact in self._bin.values() if contact.deleted is not None and contact.deleted < oldest]
        for contact in purged:
            self.take_identifiers(contact, list(contact.identifiers))
            del self._bin[contact.contact_id]
        return purged
