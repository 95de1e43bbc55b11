"""The order edits stream: changes to placed orders that can be previewed before they are applied."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    list_of,
    open_record,
    record,
    resource,
    text,
    timestamp,
    whole_number,
)
from tap_commercetools.schemas.shared import ACTORS, custom_fields, money, reference
from tap_commercetools.schemas.tax import taxed_price


def _excerpt(description: str) -> Schema:
    return record(
        description,
        {
            "totalPrice": money("The order's total."),
            "taxedPrice": taxed_price("The total with taxes."),
            "version": whole_number("The order's version."),
        },
    )


ORDER_EDIT: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "resource": reference("The order."),
        "stagedActions": list_of(
            "The changes, in order.",
            record("One change; its further fields depend on the action.", {"action": text("What is to be done.")}),
        ),
        "result": record(
            "What came of it; which fields are there depends on the type.",
            {
                "type": text("NotProcessed, PreviewSuccess, PreviewFailure or Applied so far."),
                "appliedAt": timestamp("Applied: when."),
                "excerptBeforeEdit": _excerpt("Applied: the order before."),
                "excerptAfterEdit": _excerpt("Applied: the order after."),
                "preview": open_record("PreviewSuccess: the order as it would become."),
                "messagePayloads": list_of(
                    "PreviewSuccess: what messages would tell.",
                    record("One message; its further fields depend on the type.", {"type": text("Type of message.")}),
                ),
                "errors": list_of(
                    "PreviewFailure: why it cannot be applied.",
                    record(
                        "One error; its further fields depend on the code.",
                        {"code": text("Kind of error."), "message": text("What is wrong.")},
                    ),
                ),
            },
        ),
        "comment": text("Why the order is changed, in words."),
        "custom": custom_fields("Custom fields of the edit."),
    }
)
