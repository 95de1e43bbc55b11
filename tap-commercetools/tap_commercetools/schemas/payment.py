"""The payments stream. A payment does not name its order: the order's paymentInfo names the payment."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, list_of, record, resource, text, timestamp
from tap_commercetools.schemas.shared import ACTORS, custom_fields, localized_text, money, reference

_TRANSACTION: Schema = record(
    "One movement of money, or the attempt; refunds are the ones of type Refund and state Success.",
    {
        "id": text("The transaction's id."),
        "timestamp": timestamp("When it took place."),
        "type": text("Authorization, CancelAuthorization, Charge, Refund or Chargeback so far."),
        "amount": money("How much."),
        "interactionId": text("The payment service's identifier of the interaction."),
        "interfaceId": text("The payment service's identifier of the transaction."),
        "state": text("Initial, Pending, Success or Failure so far."),
        "custom": custom_fields("Custom fields of the transaction."),
    },
)

PAYMENT: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "customer": reference("The customer."),
        "anonymousId": text("The anonymous session that pays."),
        "interfaceId": text("The payment service's identifier."),
        "amountPlanned": money("How much is to be paid."),
        "paymentMethodInfo": record(
            "How it is paid.",
            {
                "paymentInterface": text("The payment service."),
                "method": text("The method, such as CreditCard."),
                "name": localized_text("Name of the method by language."),
                "token": record("The saved method.", {"value": text("The payment service's identifier of it.")}),
                "interfaceAccount": text("The account at the payment service."),
                "custom": custom_fields("Custom fields of the method."),
            },
        ),
        "paymentStatus": record(
            "How far it is.",
            {
                "interfaceCode": text("The payment service's code."),
                "interfaceText": text("The payment service's words."),
                "state": reference("The workflow state."),
            },
        ),
        "transactions": list_of("What has been done.", _TRANSACTION),
        "interfaceInteractions": list_of(
            "Requests to and answers from the payment service.", custom_fields("One interaction.")
        ),
        "custom": custom_fields("Custom fields of the payment."),
        "externalId": text("Deprecated by the platform."),
        "amountAuthorized": money("Deprecated by the platform in favour of transactions."),
        "authorizedUntil": text("Deprecated by the platform in favour of transactions."),
        "amountPaid": money("Deprecated by the platform in favour of transactions."),
        "amountRefunded": money("Deprecated by the platform in favour of transactions."),
    }
)
