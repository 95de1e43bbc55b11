"""Customers and buyers as Dotdigital contacts: elements of a contact import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.consent import unidentified
from mapper_commercetools.custom_fields import read_custom_fields
from mapper_commercetools.dotdigital.contact_consent import CONSENT_RECORD_PARTS, contact_consent, contact_noes
from mapper_commercetools.dotdigital.field_names import clean_name
from mapper_commercetools.dotdigital.field_values import clipped, own_field, without_absent
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
from mapper_commercetools.outcomes import MappedRecord, MappedStream, mapped
from mapper_commercetools.people import (
    CustomerFacts,
    full_name,
    market_of_customer,
    read_customer,
    read_identity,
    region_of,
    street_of,
)
from mapper_commercetools.source_values import Record, nested, text
from mapper_commercetools.timestamps import at_midnight, iso_text

if TYPE_CHECKING:
    from mapper_commercetools.custom_fields import FieldRules
    from mapper_commercetools.json_schema import JsonSchema
    from mapper_commercetools.markets import Market
    from mapper_commercetools.orders import OrderFacts
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings

CONTACTS = "contacts"

_DATE_FIELDS = frozenset({"date_of_birth", "customer_since"})
# What a contact without a customer still has; the id and the date cannot vanish from a customer.
_NEVER_CLEARED = frozenset({"customer_id", "customer_since"})
_JSON_TYPES = {"string": "string", "list": "string", "number": "number", "boolean": "boolean", "date": "string"}


def contacts_stream(settings: MappingSettings, source_schema: JsonSchema) -> MappedStream:
    """Return the stream `contacts`.

    The types under `dataFields` say what a data field is made as if it is missing: of standard fields, of custom fields
    whose rule has a type, and of those that the source's schema types. Any other goes by its first value.

    Args:
        settings: The settings.
        source_schema: Schema of the stream `customers`; an empty one if it is not known.
    """
    dates = {settings.dotdigital_fields.get(key) for key in _DATE_FIELDS}
    fields = {
        name: nullable("string", f"Data field for {key}", **({"format": "date-time"} if name in dates else {}))
        for key, name in settings.dotdigital_fields.items()
    }
    for rule in settings.consent:
        if rule.dotdigital.data_field is not None:
            fields[rule.dotdigital.data_field] = nullable("boolean", f"Consent {rule.name}; absent while it is unknown")
    fields.update(_custom_field_types(settings, source_schema))
    consent_record = record_schema(
        {name: required("string", name) for name in CONSENT_RECORD_PARTS}, needs=CONSENT_RECORD_PARTS
    )
    preference = record_schema(
        {
            "id": required("integer", "Id of the preference"),
            "name": required("string", "Its name instead, which the loader turns into the id"),
            "isOptedIn": required("boolean", "true on a yes, false on a no"),
        },
        needs=("isOptedIn",),
    )
    sms_channel = open_object({"status": required("string", "subscribed or unsubscribed")}, "SMS channel")
    email_channel = open_object(
        {
            "status": required("string", "subscribed or unsubscribed"),
            "optInType": required("string", "single"),
            "resubscribeOptions": open_object(
                {"resubscribeWithNoChallenge": required("boolean", "false: nobody is resubscribed unasked")},
                "What happens to somebody who unsubscribed",
            ),
        },
        "E-mail channel",
    )
    identifiers = {
        "email": required("string", "E-mail address, lower-cased"),
        "mobileNumber": required("string", "Number of somebody who said yes to SMS: E.164, digits only"),
    }
    # Who is unsubscribed may be known by the customer's id alone.
    identifier = settings.deletions.dotdigital_identifier if settings.deletions else None
    if identifier is not None:
        identifiers[identifier] = required("string", "Customer id of somebody who is unsubscribed, instead")
    schema = record_schema(
        {
            "matchIdentifier": required("string", " or ".join(["email", identifier] if identifier else ["email"])),
            "identifiers": open_object(identifiers, "Identifiers", needs=() if identifier else ("email",)),
            "dataFields": open_object(fields, "Data fields"),
            "channelProperties": open_object(
                {"email": email_channel, "sms": sms_channel}, "A channel is there only if the source says yes or no"
            ),
            "preferences": array_of(preference, "Marketing preferences to which the source says yes or no"),
            "lists": array_of(
                {"type": ["integer", "string"], "description": "Id of the list, or its name for the loader"},
                "Lists to join",
            ),
            "consentRecords": array_of(consent_record, "Evidence, only if all of it is known"),
            "consentedAt": required(
                "string", "When the yes to e-mail was given; for the loader, not for the API", format="date-time"
            ),
            CONSENT_FIELDS: CONSENT_FIELDS_SCHEMA,
        },
        needs=("matchIdentifier", "identifiers"),
    )
    return MappedStream(CONTACTS, schema, ())


def map_customer(customer: Record, settings: MappingSettings, references: References) -> list[MappedRecord]:
    """Map a customer to a contact.

    Consent, see `contact_consent`: where neither yes nor no is known nothing is said, so that the loader leaves an
    existing contact as it is and makes a new one unmailable.

    Raises:
        RejectRecordError: If the customer is malformed, or has no e-mail address and says no to something.
        SkipRecordError: If it has no e-mail address, or its store does not travel.
    """
    facts = read_customer(customer)
    settings.store.check(facts.stores, "stores")
    if facts.email is None:
        raise unidentified(customer, settings.consent, "email: missing, and contacts are identified by it")
    market = market_of_customer(facts, settings.markets)
    own = read_custom_fields(
        customer,
        settings.customer_fields,
        references,
        lambda source_name: clean_name(source_name, settings.taken_data_fields),
        locale_preference(facts.locale, market.locales),
    )
    data_fields = _standard_fields(facts, market.facts(facts.stores, facts.locale), settings)
    data_fields.update((name, own_field(value)) for name, value in own.items())
    consent = contact_consent(customer, settings.consent)
    contact = _contact(facts.email)
    contact["identifiers"].update(consent.identifiers)
    contact["dataFields"] = {**data_fields, **consent.data_fields}
    contact.update(consent.members)
    if consent.data_fields:
        contact[CONSENT_FIELDS] = list(consent.data_fields)
    belongs = [rule.name for rule in settings.lists if rule.unmet(customer, facts, settings.markets) is None]
    if lists := [*consent.lists, *belongs]:
        contact["lists"] = lists
    return [mapped(CONTACTS, contact)]


def noes_of_customer(customer: Record, settings: MappingSettings) -> list[MappedRecord]:
    """Return to what a customer says no, as a contact without anything else.

    The contact is named by the address, else by the custom identifier that holds the customer's id, if there is one.
    """
    identity, noes = read_identity(customer), contact_noes(customer, settings.consent)
    identifier = settings.deletions.dotdigital_identifier if settings.deletions else None
    known = (("email", identity.email), (identifier, identity.id))
    reached = [(name, value) for name, value in known if name is not None and value is not None]
    if not (reached and settings.store.takes(identity.stores) and (noes.members or noes.data_fields)):
        return []
    name, value = reached[0]
    contact: dict[str, Any] = {"matchIdentifier": name, "identifiers": {name: value}}
    if noes.data_fields:
        contact |= {"dataFields": noes.data_fields, CONSENT_FIELDS: list(noes.data_fields)}
    return [mapped(CONTACTS, contact | noes.members)]


def contact_of_order(order: OrderFacts, email: str, market: Market, settings: MappingSettings) -> MappedRecord:
    """Return the contact that an order needs, since Insight data makes no contacts.

    For a guest with the names of the billing address, else of the shipping address, and what the market says. For a
    customer with the address alone: the stream `customers` brings the rest, but may come later, not be selected, or no
    longer have the customer. Nothing is said about consent.
    """
    contact = _contact(email)
    if order.customer_id is None:
        values = {**_guest_names(order), **market.facts([order.store] if order.store else [], order.locale)}
        data_fields = without_absent(
            {name: values.get(key) for key, name in settings.dotdigital_fields.items() if key in values}
        )
        if data_fields:
            contact["dataFields"] = data_fields
    return mapped(CONTACTS, contact)


def _contact(email: str) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": email}}


def _guest_names(order: OrderFacts) -> dict[str, str | None]:
    for address in (order.billing_address, order.shipping_address):
        first_name, last_name = text(address, "firstName"), text(address, "lastName")
        if first_name or last_name:
            return {
                "first_name": first_name,
                "last_name": last_name,
                "full_name": full_name(first_name, last_name),
            }
    return {}


def _standard_fields(
    facts: CustomerFacts, of_market: dict[str, str | None], settings: MappingSettings
) -> dict[str, Any]:
    address = facts.address
    values = {
        "first_name": facts.first_name,
        "last_name": facts.last_name,
        "full_name": facts.full_name,
        "date_of_birth": iso_text(at_midnight(facts.date_of_birth)) if facts.date_of_birth else None,
        "customer_id": facts.id,
        "customer_number": facts.customer_number,
        "customer_group": facts.customer_group_id,
        "company": facts.company,
        "locale": facts.locale,
        "stores": ", ".join(facts.stores) or None,
        "street": street_of(address),
        "postcode": text(address, "postalCode"),
        "city": text(address, "city"),
        "region": region_of(address),
        "country": text(address, "country"),
        "customer_since": iso_text(facts.created_at) if facts.created_at else None,
        **of_market,
    }
    fields: dict[str, Any] = {}
    for key, name in settings.dotdigital_fields.items():
        value = values[key]
        if value is not None:
            fields[name] = clipped(value)
        elif key in MARKET_FACTS or (settings.clear_absent and key not in _NEVER_CLEARED):
            # What the market says goes together: no channel of an old market stays beside a new one.
            fields[name] = None
    return fields


def _custom_field_types(settings: MappingSettings, source_schema: JsonSchema) -> dict[str, JsonSchema]:
    """Return the types of the shop's own fields as far as rules or the source's schema say them."""
    rules, taken = settings.customer_fields, settings.taken_data_fields
    properties = nested(nested(source_schema, "properties"), "custom")
    typed = nested(nested(nested(properties, "properties"), "fields"), "properties")
    fields: dict[str, JsonSchema] = {}
    for source_name in sorted({*typed, *rules.listed}):
        rule = rules.listed.get(source_name)
        if source_name in rules.listed and rule is None:
            continue
        if rule is None and not rules.map_unlisted:
            continue
        name = (rule.name if rule else None) or clean_name(source_name, taken)
        field_type = _ruled_type(rules, source_name) or _schema_type(nested(typed, source_name))
        if field_type is not None:
            fields[name] = field_type
    return fields


def _ruled_type(rules: FieldRules, source_name: str) -> JsonSchema | None:
    rule = rules.listed.get(source_name)
    if rule is None or rule.type is None:
        return None
    date = {"format": "date-time"} if rule.type == "date" else {}
    return nullable(_JSON_TYPES[rule.type], f"Custom field {source_name}", **date)


def _schema_type(source: JsonSchema) -> JsonSchema | None:
    types = source.get("type")
    scalars = [name for name in (types if isinstance(types, list) else [types]) if name != "null"]
    if len(scalars) != 1 or scalars[0] not in {"string", "number", "integer", "boolean"}:
        return None
    date = {"format": "date-time"} if source.get("format") in {"date", "date-time"} else {}
    return nullable("number" if scalars[0] == "integer" else scalars[0], "Custom field", **date)
