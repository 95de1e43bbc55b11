"""Asks the account about single contacts: what it holds of one, whether one can be created, who unsubscribed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from delivery.errors import ServiceUnavailable
from delivery.json_text import encode

from target_dotdigital.answers import CONFLICT, NOT_FOUND, Answer
from target_dotdigital.call_contracts import CONTACT, CREATED_CONTACT, UNSUBSCRIBED_CONTACTS
from target_dotdigital.consent import SUBSCRIBED
from target_dotdigital.contact_identity import CONTACT_ID, EMAIL, MOBILE_NUMBER, comparable, contact_path
from target_dotdigital.iso_time import parse_time, write_time

if TYPE_CHECKING:
    from target_dotdigital.client import DotdigitalClient

CONTACTS = "/contacts/v3"
PAGE = 1000
MOBILE_CHANNELS = ("sms", "whatsApp")
LEFT_LIST_STATUSES = frozenset({"suppressed", "unsubscribed"})

ConsentKey = tuple[str, str, str]


class ContactRefused(Exception):
    """A contact that the account does not take.

    Attributes:
        reason: Why, without values.
        code: The service's word for it.
    """

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class ContactState:
    """What the account holds of a contact.

    Attributes:
        statuses: Status by channel: `email`, `sms`, `whatsApp`.
        consents: The consent records, each as text, time and URL.
        holds: Names of the identifiers it has.
        address: Its address as the platform compares it; empty if it has none.
        left_lists: Numbers of lists that it has left, though it is subscribed to e-mail.
    """

    statuses: dict[str, str]
    consents: frozenset[ConsentKey] = frozenset()
    holds: frozenset[str] = frozenset()
    address: str = ""
    left_lists: frozenset[int] = frozenset()

    @property
    def email_status(self) -> str | None:
        """Status of the e-mail channel; None for a contact without an address."""
        return self.statuses.get("email")


def consent_key(consent: dict[str, Any]) -> ConsentKey:
    """Return what makes two consent records the same: text, moment and URL."""
    time = str(consent.get("dateTimeConsented", ""))
    moment = parse_time(time)
    # To the second: the account may not keep fractions.
    written = time if moment is None else write_time(moment.replace(microsecond=0))
    return str(consent.get("text", "")), written, str(consent.get("url", ""))


class ContactLookup:
    """Asks about contacts, one call each.

    Args:
        client: The account.
    """

    def __init__(self, client: DotdigitalClient) -> None:
        self._client = client

    def read(self, name: str, value: str) -> ContactState | None:
        """Return what the account holds of a contact; None if it does not know it.

        Args:
            name: Name of the identifier.
            value: Its value.

        Raises:
            ContactRefused: If the account does not take the identifier.
        """
        contact = self._get(name, value)
        return None if contact is None else state_of(contact)

    def identifiers(self, name: str, value: str) -> dict[str, Any]:
        """Return all identifiers of a contact, by name; empty if the account does not know it.

        Raises:
            ContactRefused: If the account does not take the identifier.
        """
        contact = self._get(name, value)
        return {} if contact is None else all_identifiers(contact)

    def create_unsubscribed(self, identifiers: dict[str, Any], data_fields: dict[str, Any]) -> ContactState | None:
        """Create a contact that nobody can mail, if it does not exist.

        Dotdigital: `POST /contacts/v3` only creates; 409 says that an identifier is in use, be it by a contact in the
        recycle bin.

        Args:
            identifiers: The identifiers to give it.
            data_fields: Values that are only written with the creation.

        Returns:
            What the account holds of it now; None if an identifier is in use.

        Raises:
            ContactRefused: If the account does not take the contact.
            AccessRefused: If the contract allows no more contacts.
        """
        statuses = {
            **({"email": "unsubscribed"} if EMAIL in identifiers else {}),
            # Otherwise a setting of the account decides whether a new number is subscribed.
            **(dict.fromkeys(MOBILE_CHANNELS, "noSubscription") if MOBILE_NUMBER in identifiers else {}),
        }
        channels: dict[str, Any] = {channel: {"status": status} for channel, status in statuses.items()}
        if EMAIL in identifiers:
            channels["email"]["optInType"] = "unknown"
        fields = {"dataFields": data_fields} if data_fields else {}
        body = encode({"identifiers": identifiers, "channelProperties": channels, **fields})
        answer = self._client.ask(
            "POST", CONTACTS, contract=CREATED_CONTACT, budget=self._client.budgets.contact_writes, body=body
        )
        if answer.status == CONFLICT:
            return None
        if not answer.succeeded:
            raise _refused(answer, ", ".join(identifiers))
        return ContactState(
            statuses, holds=frozenset(identifiers), address=comparable(EMAIL, identifiers.get(EMAIL, ""))
        )

    def unsubscribed_since(self, since: datetime) -> dict[str, datetime]:
        """Return who unsubscribed since a time, by address in small letters, with the latest time of each.

        Raises:
            ServiceUnavailable: If the account does not tell.
        """
        # A day more: what matters is compared exactly by the caller.
        path = (
            f"/v2/contacts/unsubscribed-since/{quote(write_time((since - timedelta(days=1)).replace(microsecond=0)))}"
        )
        found: dict[str, datetime] = {}
        skip = 0
        while True:
            answer = self._client.ask(
                "GET",
                path,
                contract=UNSUBSCRIBED_CONTACTS,
                budget=self._client.budgets.account,
                parameters={"select": str(PAGE), "skip": str(skip)},
            )
            if not answer.succeeded:
                message = (
                    f"Dotdigital does not tell who unsubscribed ({answer.explained}); without that nobody may be "
                    "subscribed again. Set resubscribe to 'never' to go on without"
                )
                raise ServiceUnavailable(message)
            for item in answer.data:
                _take_removal(item, found)
            if not answer.data:
                return found
            skip += len(answer.data)

    def _get(self, name: str, value: str) -> dict[str, Any] | None:
        answer = self._client.ask(
            "GET",
            contact_path(name, value),
            contract=CONTACT,
            budget=self._client.budgets.contact_reads,
            shown_path=f"{CONTACTS}/{name}/…",
        )
        if answer.status == NOT_FOUND:
            return None
        if not answer.succeeded:
            raise _refused(answer, name)
        contact: dict[str, Any] = answer.data
        return contact


def state_of(contact: dict[str, Any]) -> ContactState:
    """Return what an answer says of a contact.

    Dotdigital: each list of a contact has a status: `subscribed`, `suppressed` or `pending`. Who is not subscribed to
    e-mail at all is `suppressed` on every list; for anybody else it is an opt-out from that list.
    """
    channels = contact.get("channelProperties") or {}
    statuses = {name: channel["status"] for name, channel in channels.items() if channel and "status" in channel}
    identifiers = _identifiers(contact)
    return ContactState(
        statuses,
        frozenset(map(consent_key, contact.get("consentRecords") or [])),
        frozenset(identifiers),
        comparable(EMAIL, identifiers.get(EMAIL, "")),
        _left_lists(contact) if statuses.get("email") == SUBSCRIBED else frozenset(),
    )


def _left_lists(contact: dict[str, Any]) -> frozenset[int]:
    return frozenset(item["id"] for item in contact.get("lists") or [] if item["status"].lower() in LEFT_LIST_STATUSES)


def all_identifiers(contact: dict[str, Any]) -> dict[str, Any]:
    """Return all identifiers that an answer tells of a contact, by name, its number among them."""
    return {**_identifiers(contact), CONTACT_ID: contact["contactId"]}


def _identifiers(contact: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in contact["identifiers"].items() if value is not None}


def _take_removal(item: dict[str, Any], found: dict[str, datetime]) -> None:
    address = comparable(EMAIL, item["suppressedContact"].get("email") or "")
    # A time that cannot be read counts as the latest there is: no yes is newer.
    removed = parse_time(item["dateRemoved"]) or datetime.max.replace(tzinfo=timezone.utc)
    found[address] = max(removed, found.get(address, removed))


def _refused(answer: Answer, names: str) -> ContactRefused:
    return ContactRefused(f"Dotdigital does not take the contact by {names} ({answer.explained})", answer.word)
