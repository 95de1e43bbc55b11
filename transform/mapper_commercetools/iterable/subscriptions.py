"""Consents as what people subscribe to in Iterable: message channels, message types, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.consent import read_consent, withheld
from mapper_commercetools.iterable.users import identifier_name, identifiers, person_of
from mapper_commercetools.json_schema import record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.stream_mapping import MappingPart
from mapper_commercetools.timestamps import epoch_seconds

if TYPE_CHECKING:
    from mapper_commercetools.consent import ConsentRule, IterableTargets, NameOrId
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

SUBSCRIPTIONS = "subscriptions"


def subscription_rules(settings: MappingSettings) -> tuple[ConsentRule, ...]:
    """Return the consents that somebody subscribes by."""
    return tuple(rule for rule in settings.consent if _groups(rule.iterable))


def subscriptions_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `subscriptions`: path and query of Iterable's incremental call, and what a yes may do."""
    identifier = identifier_name(settings.project_type)
    needs = (identifier, "subscriptionGroup", "subscriptionGroupId", "action", "resubscribe")
    address = required("string", "The customer's address, which a no reaches too if another profile has it")
    schema = record_schema(
        {
            **({"email": address} if settings.project_type == "hybrid" else {}),
            identifier: required("string", "What identifies the user in this type of project"),
            "subscriptionGroup": required("string", "messageChannel, messageType or emailList"),
            "subscriptionGroupId": {"type": ["integer", "string"], "description": "Its id, or its name"},
            "action": required("string", "subscribe or unsubscribe"),
            "resubscribe": required(
                "string", "What a yes may do to an opt-out: never, newer or always; for the loader, not for the API"
            ),
            "consentedAt": required("integer", "When the yes was given, in seconds since 1970; likewise"),
        },
        needs=needs,
    )
    return MappedStream(SUBSCRIPTIONS, schema, needs[:3])


def map_customer(customer: Record, settings: MappingSettings) -> list[MappedRecord]:
    """Map a customer's consents to subscriptions: one for each thing that a known answer drives.

    Each consent stands alone: one that cannot be read is rejected, and the others travel.

    Raises:
        RejectRecordError: If the customer has no id.
        SkipRecordError: If it does not travel, or none of the answers is known, which changes nothing.
    """
    rules = subscription_rules(settings)
    person_of(customer, settings, rules)
    person = identifiers(customer, settings)
    outcomes = [outcome for rule in rules for outcome in _part(rule, person).outcomes(customer)]
    if not outcomes:
        message = "consent: unknown for everything that somebody can subscribe to, so nothing is changed"
        raise SkipRecordError(message)
    return outcomes


def noes_of_customer(customer: Record, settings: MappingSettings) -> list[MappedRecord]:
    """Return what a customer is to be unsubscribed from, by whatever identifies the customer."""
    person = identifiers(customer, settings)
    return [no for rule in subscription_rules(settings) for no in _noes(customer, rule, person)]


def _part(rule: ConsentRule, person: dict[str, str]) -> MappingPart:
    return MappingPart(
        SUBSCRIPTIONS,
        lambda customer: _subscriptions(customer, rule, person),
        lambda customer: _noes(customer, rule, person),
    )


def _noes(customer: Record, rule: ConsentRule, person: dict[str, str]) -> list[MappedRecord]:
    if not (person and withheld(customer, [rule])):
        return []
    return _mapped(rule, person, {"action": "unsubscribe", "resubscribe": rule.resubscribe})


def _subscriptions(customer: Record, rule: ConsentRule, person: dict[str, str]) -> list[MappedRecord]:
    consent = read_consent(customer, rule)
    if consent.answer == "unknown":
        return []
    answer: dict[str, Any] = {
        "action": "subscribe" if consent.answer == "yes" else "unsubscribe",
        "resubscribe": rule.resubscribe,
    }
    given_at = None if consent.time is None else epoch_seconds(consent.time)
    # A time before 1970 is no true one: the loader takes none that is negative.
    if consent.answer == "yes" and given_at is not None and given_at >= 0:
        answer["consentedAt"] = given_at
    return _mapped(rule, person, answer)


def _mapped(rule: ConsentRule, person: dict[str, str], answer: dict[str, Any]) -> list[MappedRecord]:
    """Return one record for each thing that a consent drives."""
    return [
        mapped(SUBSCRIPTIONS, {**person, "subscriptionGroup": group, "subscriptionGroupId": group_id, **answer})
        for group, group_id in _groups(rule.iterable)
    ]


def _groups(targets: IterableTargets) -> list[tuple[str, NameOrId]]:
    """Return what a consent drives, as Iterable calls it; channels come before the types in them."""
    return [
        *(("messageChannel", channel) for channel in targets.channels),
        *(("messageType", message_type) for message_type in targets.message_types),
        *(("emailList", name) for name in targets.lists),
    ]
