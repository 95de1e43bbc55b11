"""A contact as the account holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.identifiers import EMAIL, MOBILE_NUMBER

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """Evidence of a consent, as it was sent, and when it came."""

    text: str
    date_time_consented: str
    url: str
    ip_address: str
    user_agent: str
    created: datetime

    def document(self) -> dict[str, str]:
        """Return what was sent, in the vendor's names."""
        return {
            "text": self.text,
            "dateTimeConsented": self.date_time_consented,
            "url": self.url,
            "ipAddress": self.ip_address,
            "userAgent": self.user_agent,
        }


@dataclass(slots=True)
class EmailChannel:
    """The e-mail channel of a contact.

    Attributes:
        status: One of the vendor's statuses of the channel, for example ``subscribed``.
        opt_in_type: ``Unknown``, ``Single``, ``Double`` or ``VerifiedDouble``.
        email_type: ``Html`` or ``PlainText``.
    """

    status: str = "noSubscription"
    opt_in_type: str = "Unknown"
    email_type: str = "Html"


@dataclass(slots=True)
class Contact:
    """One contact.

    Attributes:
        contact_id: The number the platform gave it; never changes.
        created: When it was created.
        updated: When it was last written.
        identifiers: Its e-mail address, mobile number and custom identifiers.
        email: Its e-mail channel.
        sms_status: Status of its SMS channel.
        whatsapp_status: Status of its WhatsApp channel.
        data_fields: Values by the field's name in capitals; cleared fields are absent.
        preferences: Whether it opted in, by id of the preference.
        consents: Evidence of consents, in the order it came.
        last_subscribed: When it last became subscribed.
        removed: When it last became unsubscribed or suppressed.
        deleted: When it went into the recycle bin; None while it is alive.
    """

    contact_id: int
    created: datetime
    updated: datetime
    identifiers: dict[str, str] = field(default_factory=dict)
    email: EmailChannel = field(default_factory=EmailChannel)
    sms_status: str = "noSubscription"
    whatsapp_status: str = "noSubscription"
    data_fields: dict[str, Any] = field(default_factory=dict)
    preferences: dict[int, bool] = field(default_factory=dict)
    consents: list[ConsentRecord] = field(default_factory=list)
    last_subscribed: datetime | None = None
    removed: datetime | None = None
    deleted: datetime | None = None

    @property
    def address(self) -> str:
        """The e-mail address, or an empty text."""
        return self.identifiers.get(EMAIL, "")

    @property
    def label(self) -> str:
        """What names the contact in lists and logs of the sandbox: address, or number, or any identifier."""
        identifiers = self.identifiers
        return identifiers.get(EMAIL) or identifiers.get(MOBILE_NUMBER) or next(iter(identifiers.values()), "")
