"""The deletions stream: what is gone from the project."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, list_of, open_record, text, whole_number

DELETION: Schema = {
    "type": "object",
    "additionalProperties": True,
    "required": ["id", "resourceTypeId", "deletedAt", "change", "source"],
    "properties": {
        "id": {"type": "string", "description": "Id of the row that is gone, as its own stream emitted it."},
        "resourceTypeId": {
            "type": "string",
            "description": "What kind of row, as references to it say, such as customer or product.",
        },
        "deletedAt": {
            "type": "string",
            "format": "date-time",
            "description": "When it was deleted or unpublished; if it was only found missing, when that was noticed.",
        },
        "change": {
            "type": "string",
            "description": (
                "deleted; deleted_in_draft (a variant that shoppers still see until its product is published); erased "
                "(the platform no longer tells the customer's e-mail address); unpublished (the "
                "product still exists, but shoppers cannot see it); missing (it is no longer there, which for carts "
                "and shopping lists mostly means that they expired)."
            ),
        },
        "source": {"type": "string", "description": "message, or sweep if its id was compared with those of before."},
        "version": whole_number("The row's version when it was deleted, if a message told of it."),
        "email": text("The deleted customer's e-mail address, unless it was erased."),
        "emailIsFree": flag(
            "Whether no customer has that address, in upper or lower case, when the record is made; absent where the "
            "address or the answer is not known."
        ),
        "variantIds": list_of(
            "Numbers of the variants that shoppers saw of a deleted product; absent where no message tells.",
            whole_number("Number of one variant, unique within its product only."),
        ),
        "identifiers": open_record(
            "The project's own identifiers of the row: key, externalId, orderNumber, customerNumber, sku, slug."
        ),
        "messageId": text("Id of the message that told of it."),
    },
}
