"""Customers as Iterable users: elements of `users/bulkUpdate`."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from mapper_commercetools.consent import ConsentRule, read_consent, unidentified, withheld
from mapper_commercetools.consent_settings import EMAIL, NEWSLETTER_TIME_FIELD
from mapper_commercetools.custom_fields import read_custom_fields
from mapper_commercetools.iterable.field_names import clean_name
from mapper_commercetools.iterable.field_values import own_field, without_absent
from mapper_commercetools.json_schema import (
    CONSENT_FIELDS,
    CONSENT_FIELDS_SCHEMA,
    array_of,
    nullable,
    open_object,
    record_schema,
    required,
)
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.markets import MARKET_FACTS
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.people import (
    CustomerFacts,
    market_of_customer,
    read_customer,
    read_identity,
    region_of,
    street_of,
)
from mapper_commercetools.source_values import Record, required_id, text
from mapper_commercetools.timestamps import at_midnight, iterable_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mapper_commercetools.json_schema import JsonSchema
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings, ProjectType

USERS = "users"

_FIELDS = {
    "email": nullable("string", "E-mail address, lower-cased; not here in email-based projects"),
    "firstName": nullable("string", "Given name"),
    "lastName": nullable("string", "Family name"),
    "fullName": nullable("string", "Given and family name"),
    "dateOfBirth": nullable("string", "Date of birth, `yyyy-MM-dd HH:mm:ss +00:00`"),
    "customerId": nullable("string", "commercetools customer id"),
    "customerNumber": nullable("string", "The shop's customer number"),
    "customerGroupId": nullable("string", "commercetools customer group id"),
    "company": nullable("string", "Company name"),
    "locale": nullable("string", "Preferred language"),
    "country": nullable("string", "Country of the home address, ISO 3166-1 alpha-2"),
    "stores": array_of(required("string", "Store key"), "Keys of the customer's stores"),
    "address": open_object(
        {
            name: nullable("string", f"{name} of the home address")
            for name in ("street", "additionalStreet", "postalCode", "city", "region", "country")
        },
        "Home address; all its parts at once, so that no part of an old address stays",
    ),
    "createdAt": nullable("string", "When the customer was made, `yyyy-MM-dd HH:mm:ss +00:00`"),
}
_MARKET_FIELDS = {name: nullable("string", description) for name, description in MARKET_FACTS.items()}
IDENTIFIED_BY: dict[ProjectType, tuple[str, ...]] = {
    "hybrid": ("userId", "email"),
    "userid": ("userId",),
    "email": ("email",),
}
"""Type of a project → members that identify a customer there, the best one first."""
_CLEARED_BY_NULL = (
    "firstName",
    "lastName",
    "fullName",
    "dateOfBirth",
    "customerNumber",
    "customerGroupId",
    "company",
    "locale",
    "country",
    "stores",
    "address",
)


class Buyer(Protocol):
    """Who bought: the part of an order, a cart or a summary that says so."""

    @property
    def customer_id(self) -> str | None:
        """The commercetools customer id; None for a guest."""

    @property
    def email(self) -> str | None:
        """The address, trimmed and lower-cased."""


def standard_names(settings: MappingSettings) -> frozenset[str]:
    """Return the names of standard fields, but for those of consents."""
    return frozenset(_FIELDS) | (frozenset(_MARKET_FIELDS) if settings.markets.named else frozenset())


def taken_names(settings: MappingSettings) -> frozenset[str]:
    """Return the names of standard fields, which the shop's own fields cannot have."""
    return standard_names(settings) | frozenset(_consent_schemas(settings))


def users_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `users`."""
    identifier = identifier_name(settings.project_type)
    fields = {**_FIELDS, **_MARKET_FIELDS} if settings.markets.named else dict(_FIELDS)
    fields.update(_consent_schemas(settings))
    for name in ("stores", "address"):
        fields[name] = {**fields[name], "type": [fields[name]["type"], "null"]}
    of_email_project = {"userId": required("string", "Customer id, by which the loader notices a changed address")}
    schema = record_schema(
        {
            identifier: required("string", "What identifies the user in this type of project"),
            **(of_email_project if settings.project_type == "email" else {}),
            "mergeNestedObjects": required("boolean", "Merge objects key by key"),
            "dataFields": open_object(fields, "Profile fields; null removes a field"),
            CONSENT_FIELDS: CONSENT_FIELDS_SCHEMA,
        },
        needs=(identifier, "dataFields"),
    )
    return MappedStream(USERS, schema, (identifier,))


def map_customer(customer: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map a customer to a user.

    In hybrid and userID-based projects the user is identified by the customer's UUID and the address is a field, so
    that a changed address changes the profile instead of making a second one. In email-based projects the address
    identifies the user; Iterable changes it there only by a call of its own, for which the loader finds the profile by
    the UUID that the customer's record carries beside the address.

    Raises:
        RejectRecordError: If the customer is malformed.
        SkipRecordError: If its store does not travel, or it has no address in an email-based project.
    """
    facts = read_customer(customer)
    person = person_of(customer, settings, _profile_consents(settings))
    market, taken = market_of_customer(facts, settings.markets), taken_names(settings)
    fields = {**_standard_fields(facts), **_consent_fields(customer, settings)}
    own = read_custom_fields(
        customer,
        settings.customer_fields,
        references,
        lambda source_name: clean_name(source_name, taken),
        locale_preference(facts.locale, market.locales),
    )
    data_fields = without_absent(fields)
    if settings.markets.named:
        # What the market says goes together: no channel of an old market stays beside a new one.
        data_fields.update(market.facts(facts.stores, facts.locale))
    data_fields.update((name, own_field(value)) for name, value in own.items())
    if settings.clear_absent:
        for name in _CLEARED_BY_NULL:
            data_fields.setdefault(name, None)
    if settings.project_type == "email":
        person = {**person, "userId": facts.id}
    elif facts.email is not None:
        data_fields["email"] = facts.email
    fields_of_consents = (rule.iterable.field for rule in settings.consent)
    consents = [name for name in fields_of_consents if name is not None and name in data_fields]
    return [mapped(USERS, _user(person, data_fields, consents))]


def noes_of_customer(customer: Record, settings: MappingSettings) -> list[MappedRecord]:
    """Return the profile fields of the consents to which a customer says no, as a user without any other field."""
    names = [name for rule in withheld(customer, _profile_consents(settings)) if (name := rule.iterable.field)]
    known = list(identifiers(customer, settings).items())[:1]
    if not (names and known):
        return []
    customer_id = text(customer, "id")
    person = dict(known)
    if settings.project_type == "email" and customer_id is not None:
        person["userId"] = customer_id
    return [mapped(USERS, _user(person, dict.fromkeys(names, False), names))]


def person_of(customer: Record, settings: MappingSettings, consents: Iterable[ConsentRule] = ()) -> dict[str, str]:
    """Return the one member that identifies a customer in this type of project.

    Args:
        customer: The customer.
        settings: The settings.
        consents: The consents that are to be carried out.

    Raises:
        RejectRecordError: If what identifies it is missing, and a no would be lost with it.
        SkipRecordError: If its store does not travel, or it has no address in an email-based project.
    """
    identity = read_identity(customer)
    settings.store.check(identity.stores, "stores")
    if settings.project_type != "email":
        return {"userId": required_id(customer)}
    if identity.email is None:
        raise unidentified(customer, consents, "email: missing, and an email-based project identifies users by it")
    return {"email": identity.email}


def identifiers(customer: Record, settings: MappingSettings) -> dict[str, str]:
    """Return all members that identify a customer in this type of project, the best one first.

    In a hybrid project the address does so too, if another profile has it or the customer's id cannot be read. Empty if
    nothing does, or the customer's store does not travel.
    """
    identity = read_identity(customer)
    if not settings.store.takes(identity.stores):
        return {}
    known = {"userId": identity.id, "email": identity.email}
    return {name: value for name in IDENTIFIED_BY[settings.project_type] if (value := known[name]) is not None}


def identifier_name(project_type: ProjectType) -> str:
    """Return the member that identifies customers in a type of project."""
    return "email" if project_type == "email" else "userId"


def buyer(order: Buyer, project_type: ProjectType, guest_fields: dict[str, str | None] | None = None) -> dict[str, Any]:
    """Return the `user` of a purchase: one identifier, and for guests of userID-based projects the address.

    A known customer's address is not sent along, nor anything else: what is in an old order may be older than what is
    in the profile.

    Args:
        order: Who bought.
        project_type: How the project identifies people.
        guest_fields: Profile fields for a guest.

    Raises:
        SkipRecordError: If the order names nobody.
    """
    if project_type != "email" and order.customer_id is not None:
        return {"userId": order.customer_id, "mergeNestedObjects": True}
    if order.email is None:
        message = "customerEmail: missing, and the order names no customer that could identify the buyer"
        raise SkipRecordError(message)
    fields: dict[str, Any] = dict(guest_fields or {}) if order.customer_id is None else {}
    user: dict[str, Any] = {"email": order.email, "mergeNestedObjects": True}
    if project_type == "userid":
        user_id = "guest-" + sha256(order.email.encode()).hexdigest()[:40]
        user, fields = {"userId": user_id, "mergeNestedObjects": True}, {**fields, "email": order.email}
    return {**user, "dataFields": fields} if fields else user


def _user(person: dict[str, str], data_fields: dict[str, Any], consents: list[str]) -> dict[str, Any]:
    user: dict[str, Any] = {**person, "mergeNestedObjects": True, "dataFields": data_fields}
    return {**user, CONSENT_FIELDS: consents} if consents else user


def _profile_consents(settings: MappingSettings) -> list[ConsentRule]:
    return [rule for rule in settings.consent if rule.iterable.field is not None]


def _consent_schemas(settings: MappingSettings) -> dict[str, JsonSchema]:
    """Return the profile fields that consents fill."""
    fields: dict[str, JsonSchema] = {}
    for rule in settings.consent:
        if rule.iterable.field is not None:
            fields[rule.iterable.field] = required("boolean", f"Consent {rule.name}; absent while it is unknown")
            if rule.name == EMAIL:
                fields[NEWSLETTER_TIME_FIELD] = required("string", "When it was given or withdrawn")
    return fields


def _consent_fields(customer: Record, settings: MappingSettings) -> dict[str, Any]:
    """Return what is known of consents; a field is true on an explicit yes and on nothing else."""
    fields: dict[str, Any] = {}
    for rule in settings.consent:
        if rule.iterable.field is None:
            continue
        consent = read_consent(customer, rule)
        fields[rule.iterable.field] = None if consent.answer == "unknown" else consent.answer == "yes"
        if rule.name == EMAIL:
            fields[NEWSLETTER_TIME_FIELD] = _date(consent.time)
    return fields


def _standard_fields(facts: CustomerFacts) -> dict[str, Any]:
    return {
        "firstName": facts.first_name,
        "lastName": facts.last_name,
        "fullName": facts.full_name,
        "dateOfBirth": iterable_text(at_midnight(facts.date_of_birth)) if facts.date_of_birth else None,
        "customerId": facts.id,
        "customerNumber": facts.customer_number,
        "customerGroupId": facts.customer_group_id,
        "company": facts.company,
        "locale": facts.locale,
        "country": text(facts.address, "country"),
        "stores": facts.stores or None,
        "address": _address(facts.address) if facts.address else None,
        "createdAt": _date(facts.created_at),
    }


def _address(address: Record) -> dict[str, str | None]:
    return {
        "street": street_of(address),
        "additionalStreet": text(address, "additionalStreetInfo"),
        "postalCode": text(address, "postalCode"),
        "city": text(address, "city"),
        "region": region_of(address),
        "country": text(address, "country"),
    }


def _date(instant: datetime | None) -> str | None:
    return iterable_text(instant) if instant else None
