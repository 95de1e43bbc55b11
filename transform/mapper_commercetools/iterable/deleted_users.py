"""What is gone from the shop, for Iterable: people to delete, forget or unsubscribe, and catalog items to remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.deletions import DeletionRules, GoneCustomer, read_deletion, read_gone_customer
from mapper_commercetools.iterable.catalog_items import CATALOG_ITEMS, catalog_items_stream, catalog_name
from mapper_commercetools.iterable.users import IDENTIFIED_BY, identifier_name
from mapper_commercetools.json_schema import record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, RejectRecordError, SkipRecordError, mapped

if TYPE_CHECKING:
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

DELETED_USERS = "deleted_users"


def deleted_users_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `deleted_users`: who, by the one identifier of this type of project, and what to do."""
    identifier = identifier_name(settings.project_type)
    schema = record_schema(
        {
            identifier: required("string", "What identifies the user in this type of project"),
            "action": required("string", "unsubscribe (from all channels), delete or forget"),
        },
        needs=(identifier, "action"),
    )
    return MappedStream(DELETED_USERS, schema, (identifier,))


def deletion_streams(settings: MappingSettings, references: References) -> list[MappedStream]:
    """Return the streams that deletions yield: users, and catalog items whose value may be null."""
    items = catalog_items_stream(settings, references)
    properties = items.schema["properties"]
    value = {**properties["value"], "type": ["object", "null"]}
    schema = {**items.schema, "properties": {**properties, "value": value}}
    return [deleted_users_stream(settings), MappedStream(items.stream, schema, items.key_properties)]


def map_deletion(deletion: Record, rules: DeletionRules, settings: MappingSettings) -> list[MappedRecord]:
    """Map a deletion to a user to be deleted, forgotten or unsubscribed, or to catalog items to be removed.

    A user is named by the customer's UUID, which is never given to anybody else. In email-based projects the address is
    all there is: it is used only if the record says that no other customer has it.

    An item is removed by `"value": null`, in the stream that writes it, so that its records keep their order.

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
        identifier = _identifier(gone, settings, erased=deletion["change"] == "erased")
        return [mapped(DELETED_USERS, {**identifier, "action": gone.action})]
    return [
        mapped(CATALOG_ITEMS, {"catalogName": catalog_name(market, settings), "itemId": item, "value": None})
        for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market)
        for item in gone.ids
    ]


def noes_of_deletion(deletion: Record, rules: DeletionRules, settings: MappingSettings) -> list[MappedRecord]:
    """Return who is to be deleted, forgotten or unsubscribed, in a hybrid project by the address if there is no id."""
    gone = read_gone_customer(deletion, rules)
    if gone is None:
        return []
    known = {"userId": gone.id, "email": gone.email}
    reached = [{name: value} for name in IDENTIFIED_BY[settings.project_type] if (value := known[name]) is not None]
    return [mapped(DELETED_USERS, {**person, "action": gone.action}) for person in reached[:1]]


def _identifier(gone: GoneCustomer, settings: MappingSettings, *, erased: bool) -> dict[str, str]:
    if settings.project_type != "email" and gone.id is not None:
        return {"userId": gone.id}
    if gone.email is not None:
        return {"email": gone.email}
    if erased:
        message = (
            f"{gone.why_no_email}; an email-based project knows users by nothing else: find the user by the field "
            f"customerId and {gone.action} it by hand"
        )
        raise RejectRecordError(message)
    message = f"{gone.why_no_email}; an email-based project knows users by nothing else"
    raise SkipRecordError(message)
