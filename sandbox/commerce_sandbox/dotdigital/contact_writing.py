"""Writing one contact, by whatever call it came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.contact import ConsentRecord
from commerce_sandbox.dotdigital.data_fields import FieldValueError, field_value
from commerce_sandbox.dotdigital.email_status import NO_SUBSCRIPTION, StatusDecision, decide_status
from commerce_sandbox.dotdigital.failure import ContactRefusedError, Failure
from commerce_sandbox.dotdigital.identifiers import EMAIL, MOBILE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.contact_request import ContactRequest
    from commerce_sandbox.dotdigital.contact_store import IdentifierTakenError
    from commerce_sandbox.dotdigital.data_fields import FieldValue


class Merge(str, Enum):
    """What happens to data-field values that are there already; the value is the body's spelling."""

    OVERWRITE = "overwrite"
    OVERWRITE_IF_NOT_EMPTY = "overwriteIfNotEmpty"
    OVERWRITE_IF_EMPTY = "overwriteIfEmpty"


@dataclass(frozen=True, slots=True)
class WrittenContact:
    """A contact that was written.

    Attributes:
        contact: The contact.
        created: Whether it is new.
        failures: What was lost on the way: parts attached to the contact that could not be applied.
    """

    contact: Contact
    created: bool
    failures: tuple[Failure, ...]


def write_contact(
    account: Account, request: ContactRequest, contact: Contact | None, merge: Merge, cause: str
) -> WrittenContact:
    """Create or update a contact.

    Args:
        account: The account.
        request: What to write.
        contact: The contact to update, perhaps from the recycle bin, which it then leaves; None creates one.
        merge: What happens to values that are there already.
        cause: The call, for the audit.

    Raises:
        ContactRefusedError: If nothing was written, with the reasons.
        IdentifierTakenError: If an identifier belongs to another contact; nothing was written.
    """
    values = _checked_values(account, request)
    _check_barred(account, request)
    account.contacts.check_free(request.identifiers, contact)
    now = account.clock.now()
    created = contact is None
    if contact is None:
        if not request.identifiers.keys() & {EMAIL, MOBILE_NUMBER}:
            text = "a contact needs an e-mail address or a mobile number; a custom identifier alone is not enough"
            raise ContactRefusedError(Failure("noValidIdentifiers", "identifiers", text))
        contact = account.contacts.create(now)
        contact.sms_status = contact.whatsapp_status = account.settings.mobile_status
        contact.data_fields = dict(account.data_fields.defaults)
    elif contact.deleted is not None:
        account.contacts.undelete(contact, now, cause)
    had_address = EMAIL in contact.identifiers
    account.contacts.identify(contact, request.identifiers)
    _merge_values(contact, values, merge)
    _write_channels(account, contact, request, cause, existing=not created and had_address, created=created)
    _attach(account, contact, request)
    contact.updated = now
    return WrittenContact(contact, created, (*request.attached_failures, *attachment_failures(account, request)))


def replace_contact(account: Account, request: ContactRequest, contact: Contact, cause: str) -> WrittenContact:
    """Replace a contact: what the request does not hold is blanked, except the status of its channels.

    Raises:
        ContactRefusedError: If nothing was written, with the reasons.
        IdentifierTakenError: If an identifier belongs to another contact; nothing was written.
    """
    if not request.identifiers.keys() & {EMAIL, MOBILE_NUMBER}:
        text = "a contact must keep an e-mail address or a mobile number"
        raise ContactRefusedError(Failure("noValidIdentifiers", "identifiers", text))
    _checked_values(account, request)
    _check_barred(account, request)
    account.contacts.check_free(request.identifiers, contact)
    account.contacts.take_identifiers(contact, contact.identifiers.keys() - request.identifiers.keys())
    contact.data_fields.clear()
    contact.preferences.clear()
    account.lists.take_off_all(contact.contact_id)
    return write_contact(account, request, contact, Merge.OVERWRITE, cause)


def _checked_values(account: Account, request: ContactRequest) -> dict[str, FieldValue]:
    """Return the data-field values as they are stored, by the field's own name."""
    failures: list[Failure] = []
    values: dict[str, FieldValue] = {}
    for name, value in (request.data_fields or {}).items():
        data_field = account.data_fields.find(name)
        if data_field is None:
            failures.append(Failure("invalidContact", f"dataFields.{name}", "there is no such data field"))
            continue
        try:
            values[data_field.name] = field_value(data_field, value)
        except FieldValueError as error:
            failures.append(Failure("invalidContact", f"dataFields.{name}", str(error)))
    unknown = [name for name in request.identifiers if not account.custom_identifiers.knows(name)]
    failures.extend(
        Failure("invalidMatchIdentifier", f"identifiers.{name}", "there is no such custom identifier")
        for name in unknown
    )
    if failures:
        raise ContactRefusedError(*failures)
    return values


def _check_barred(account: Account, request: ContactRequest) -> None:
    """Check that the address is not barred from the account."""
    address = request.identifiers.get(EMAIL, "").lower()
    local, _, domain = address.rpartition("@")
    settings = account.settings
    if address in settings.globally_suppressed_emails:
        raise ContactRefusedError(Failure("globallySuppressed", EMAIL, "the address is suppressed everywhere"))
    if domain in settings.suppressed_domains:
        raise ContactRefusedError(Failure("suppressedByDomain", EMAIL, "the domain is suppressed"))
    if local in settings.blocked_local_parts:
        raise ContactRefusedError(Failure("blocker", EMAIL, "addresses that begin like this are blocked"))


def _merge_values(contact: Contact, values: Mapping[str, FieldValue], merge: Merge) -> None:
    for name, value in values.items():
        empty = value is None or value == ""
        filled = contact.data_fields.get(name) not in {None, ""}
        if (merge is Merge.OVERWRITE_IF_NOT_EMPTY and empty) or (merge is Merge.OVERWRITE_IF_EMPTY and filled):
            continue
        if value is None:
            contact.data_fields.pop(name, None)
        else:
            contact.data_fields[name] = value


def _write_channels(
    account: Account, contact: Contact, request: ContactRequest, cause: str, *, existing: bool, created: bool
) -> None:
    """Write the channels; an address that is new to the account is treated as a new contact is."""
    channel = request.channel
    if EMAIL in contact.identifiers:
        decision = decide_status(
            channel,
            contact.email.status if existing else None,
            contact.email.opt_in_type,
            enforce_double_opt_in=account.settings.enforce_double_opt_in,
        )
    else:
        decision = StatusDecision(NO_SUBSCRIPTION)
    before = None if created else contact.email.status
    account.contacts.set_status(
        contact, decision, account.clock.now(), cause, before=before, stated=channel.status is not None
    )
    contact.email.opt_in_type = channel.opt_in_type or contact.email.opt_in_type
    contact.email.email_type = channel.email_type or contact.email.email_type
    contact.sms_status = request.sms_status or contact.sms_status
    contact.whatsapp_status = request.whatsapp_status or contact.whatsapp_status


def attachment_failures(account: Account, request: ContactRequest) -> list[Failure]:
    """Return which lists and preferences of a request cannot be attached to a contact."""
    failures: list[Failure] = []
    unknown_lists = [str(list_id) for list_id in request.list_ids or () if not _takes_contacts(account, list_id)]
    if unknown_lists:
        text = f"no list that takes contacts has the id {', '.join(unknown_lists)}"
        failures.append(Failure("invalidAddressBookIds", "lists", text))
    choosable = _choosable_preferences(account)
    unknown = [str(identifier) for identifier in request.preferences or () if identifier not in choosable]
    if unknown:
        text = f"no preference has the id {', '.join(unknown)}; categories cannot be chosen"
        failures.append(Failure("preferencesNotApplied", "preferences", text))
    return failures


def _takes_contacts(account: Account, list_id: int) -> bool:
    contact_list = account.lists.find(list_id)
    return contact_list is not None and contact_list.writable


def _choosable_preferences(account: Account) -> set[int]:
    return {preference.id for preference in account.settings.preferences if not preference.is_category}


def _attach(account: Account, contact: Contact, request: ContactRequest) -> None:
    """Attach lists, preferences and consents, as far as they can be."""
    for list_id in request.list_ids or ():
        contact_list = account.lists.find(list_id)
        if contact_list is not None and contact_list.writable:
            contact_list.contact_ids[contact.contact_id] = None
    choosable = _choosable_preferences(account)
    for identifier, opted_in in (request.preferences or {}).items():
        if identifier in choosable:
            contact.preferences[identifier] = opted_in
    contact.consents.extend(
        ConsentRecord(
            text=consent["text"],
            date_time_consented=consent["dateTimeConsented"],
            url=consent["url"],
            ip_address=consent["ipAddress"],
            user_agent=consent["userAgent"],
            created=account.clock.now(),
        )
        for consent in request.consents
    )


def taken_failure(error: IdentifierTakenError) -> Failure:
    """Return the failure for an identifier of another contact."""
    return Failure("duplicateIdentifier", error.name, "the identifier belongs to another contact")
