"""One Dotdigital account: everything the emulated service holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.contact_lists import ALL_CONTACTS, ContactList, ContactLists
from commerce_sandbox.dotdigital.contact_store import ContactStore
from commerce_sandbox.dotdigital.data_fields import DataFields
from commerce_sandbox.dotdigital.events import EventLog
from commerce_sandbox.dotdigital.identifiers import CustomIdentifiers
from commerce_sandbox.dotdigital.insight_store import InsightStore
from commerce_sandbox.dotdigital.jobs import Jobs
from commerce_sandbox.dotdigital.programs import Enrolments
from commerce_sandbox.dotdigital.rate_limits import RateLimits

if TYPE_CHECKING:
    from commerce_sandbox.clock import Clock
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.settings import DotdigitalSettings


@dataclass(slots=True)
class Account:
    """The account behind the API.

    Attributes:
        clock: The sandbox's clock.
        settings: How the account behaves; may be exchanged at any time.
        contacts: Contacts, recycle bin, and the audit of statuses.
        custom_identifiers: Custom identifiers.
        data_fields: Data fields.
        lists: Lists.
        insight: Insight collections.
        jobs: Imports and other asynchronous jobs.
        enrolments: Enrolments into programs.
        events: Events that arrived.
        rate_limits: Counters of calls.
    """

    clock: Clock
    settings: DotdigitalSettings
    data_fields: DataFields
    contacts: ContactStore = field(default_factory=ContactStore)
    custom_identifiers: CustomIdentifiers = field(default_factory=CustomIdentifiers)
    lists: ContactLists = field(default_factory=ContactLists)
    insight: InsightStore = field(default_factory=InsightStore)
    jobs: Jobs = field(default_factory=Jobs)
    enrolments: Enrolments = field(default_factory=Enrolments)
    events: EventLog = field(default_factory=EventLog)
    rate_limits: RateLimits = field(default_factory=RateLimits)

    @classmethod
    def new(cls, clock: Clock, settings: DotdigitalSettings) -> Account:
        """Return an account as it is when the contract begins."""
        account = cls(clock, settings, DataFields.for_locale(settings.locale))
        for name in settings.custom_identifiers:
            account.custom_identifiers.add(name, timestamp(clock.now()))
        return account

    def catch_up(self) -> None:
        """Let everything happen that the clock says has happened: jobs due, and the end of the recycle bin."""
        now = self.clock.now()
        self.jobs.run_due(now.timestamp())
        for contact in self.contacts.purge(now, self.settings.recycle_bin_days):
            self.insight.forget_owner(contact.contact_id)

    def contacts_on(self, contact_list: ContactList) -> list[Contact]:
        """Return the contacts of a list; ``All Contacts`` holds everyone."""
        if contact_list.name == ALL_CONTACTS:
            return list(self.contacts.all())
        found = (self.contacts.get(contact_id) for contact_id in contact_list.contact_ids)
        return [contact for contact in found if contact is not None]

    def delete_contact(self, contact: Contact) -> None:
        """Put a contact into the recycle bin and take it off all lists."""
        self.contacts.delete(contact, self.clock.now())
        self.lists.take_off_all(contact.contact_id)
