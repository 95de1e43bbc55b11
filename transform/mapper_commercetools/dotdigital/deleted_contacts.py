"""What is gone from the shop, for Dotdigital: contacts to delete or unsubscribe, and catalogue records to remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.deletions import DeletionRules, GoneCustomer, read_deletion, read_gone_customer
from mapper_commercetools.dotdigital.catalog import CATALOG, catalog_stream, collection_name
from mapper_commercetools.dotdigital.contacts import CONTACTS
from mapper_commercetools.json_schema import record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, RejectRecordError, SkipRecordError, mapped

if TYPE_CHECKING:
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

DELETED_CONTACTS = "deleted_contacts"


def deleted_contacts_stream(rules: DeletionRules) -> MappedStream:
    """Return the stream `deleted_contacts`: one identifier, and whether the person is to be kept from coming back."""
    name = rules.dotdigital_identifier or "email"
    schema = record_schema(
        {
            name: required("string", "What identifies the contact"),
            "forget": required("boolean", "Whether later records must not bring the person back; for the loader"),
        },
        needs=(name,),
    )
    return MappedStream(DELETED_CONTACTS, schema, (name,))


def deletion_streams(
    rules: DeletionRules, settings: MappingSettings, references: References, contacts: MappedStream
) -> list[MappedStream]:
    """Return the streams that deletions yield: contacts that say no, those to delete, records whose json may be null.

    Args:
        rules: The setting `deletions`.
        settings: The other settings.
        references: What the run has read of the records that others refer to.
        contacts: The stream `contacts` as the customers announced it.
    """
    records = catalog_stream(settings, references)
    properties = records.schema["properties"]
    json = {**properties["json"], "type": ["object", "null"]}
    schema = {**records.schema, "properties": {**properties, "json": json}}
    catalogue = MappedStream(records.stream, schema, records.key_properties)
    return [contacts, deleted_contacts_stream(rules), catalogue]


def map_deletion(deletion: Record, rules: DeletionRules, settings: MappingSettings) -> list[MappedRecord]:
    """Map a deletion to a contact to be deleted or unsubscribed, or to catalogue records to be removed.

    A contact is named by the custom identifier that holds the customer's UUID, if there is one. Without it the address
    is all there is: it is used only if the record says that no other customer has it. Dotdigital has nothing stronger
    than deletion: a deleted contact is in the recycle bin for thirty days, and an order or a profile of the same
    address takes it out again, unless the loader is told to keep the person from coming back.

    A catalogue record is removed by `"json": null`, in the stream that writes it, so that its records keep their order.

    Args:
        deletion: A record of the stream `deletions`.
        rules: The setting `deletions`.
        settings: The other settings.

    Raises:
        RejectRecordError: If it is malformed, or an erased person cannot be told: somebody must act.
        SkipRecordError: If nothing is to be done, or the person cannot be told.
    """
    gone = read_deletion(deletion, rules, per_variant=settings.catalog.per_variant)
    if isinstance(gone, GoneCustomer):
        return [_contact(gone, *_identifier(gone, rules, erased=deletion["change"] == "erased"))]
    return [
        mapped(CATALOG, {"collectionName": collection_name(market, settings), "key": key, "json": None})
        for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market)
        for key in gone.ids
    ]


def noes_of_deletion(deletion: Record, rules: DeletionRules) -> list[MappedRecord]:
    """Return who is to be deleted, forgotten or unsubscribed, by the address if the id cannot be read."""
    gone = read_gone_customer(deletion, rules)
    if gone is None:
        return []
    known = ((rules.dotdigital_identifier, gone.id), ("email", gone.email))
    reached = [(name, value) for name, value in known if name is not None and value is not None]
    return [_contact(gone, name, value) for name, value in reached[:1]]


def _contact(gone: GoneCustomer, name: str, value: str) -> MappedRecord:
    if gone.action == "forget":
        return mapped(DELETED_CONTACTS, {name: value, "forget": True})
    if gone.action == "delete":
        return mapped(DELETED_CONTACTS, {name: value})
    return mapped(
        CONTACTS,
        {
            "matchIdentifier": name,
            "identifiers": {name: value},
            "channelProperties": {"email": {"status": "unsubscribed"}},
        },
    )


def _identifier(gone: GoneCustomer, rules: DeletionRules, *, erased: bool) -> tuple[str, str]:
    if rules.dotdigital_identifier is not None and gone.id is not None:
        return rules.dotdigital_identifier, gone.id
    if gone.email is not None:
        return "email", gone.email
    if erased:
        message = (
            f"{gone.why_no_email}, and contacts have no other identifier (setting deletions.dotdigital_identifier): "
            "find the contact by the data field with the customer id and delete it by hand"
        )
        raise RejectRecordError(message)
    message = f"{gone.why_no_email}, and contacts have no other identifier (setting deletions.dotdigital_identifier)"
    raise SkipRecordError(message)
