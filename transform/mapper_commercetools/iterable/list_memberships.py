"""Customers on Iterable's static lists: subscribers of `lists/subscribe` and `lists/unsubscribe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.iterable.users import identifier_name, person_of
from mapper_commercetools.json_schema import record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.people import read_customer
from mapper_commercetools.stream_mapping import MappingPart

if TYPE_CHECKING:
    from mapper_commercetools.list_rules import ListRule
    from mapper_commercetools.people import CustomerFacts
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

LIST_MEMBERSHIPS = "list_memberships"


def list_memberships_stream(settings: MappingSettings) -> MappedStream:
    """Return the stream `list_memberships`: who, which list, on or off."""
    identifier = identifier_name(settings.project_type)
    needs = (identifier, "list", "action")
    schema = record_schema(
        {
            identifier: required("string", "What identifies the user in this type of project"),
            "list": {"type": ["integer", "string"], "description": "Id of the list, or its name"},
            "action": required("string", "add or remove"),
        },
        needs=needs,
    )
    return MappedStream(LIST_MEMBERSHIPS, schema, needs[:2])


def map_customer(customer: Record, settings: MappingSettings) -> list[MappedRecord]:
    """Map a customer to the lists of the setting `lists`; each of them stands alone.

    Raises:
        RejectRecordError: If the customer has no id.
        SkipRecordError: If it does not travel, or belongs in no list and on none that it would be taken off.
    """
    facts = read_customer(customer)
    person = person_of(customer, settings)
    outcomes = [
        outcome for rule in settings.lists for outcome in _part(rule, facts, person, settings).outcomes(customer)
    ]
    if not outcomes:
        message = "lists: the conditions of none hold, and no rule says remove"
        raise SkipRecordError(message)
    return outcomes


def _part(rule: ListRule, facts: CustomerFacts, person: dict[str, str], settings: MappingSettings) -> MappingPart:
    def membership(customer: Record) -> list[MappedRecord]:
        belongs = rule.unmet(customer, facts, settings.markets) is None
        if not (belongs or rule.removes):
            return []
        action = "add" if belongs else "remove"
        return [mapped(LIST_MEMBERSHIPS, {**person, "list": rule.name, "action": action})]

    return MappingPart(LIST_MEMBERSHIPS, membership)
