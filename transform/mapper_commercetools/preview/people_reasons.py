"""What the settings decided about a customer: each consent, each list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_commercetools.consent import Consent, ConsentRule, read_consent, read_mobile_number
from mapper_commercetools.people import read_customer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record


def people_reasons(customer: Record, settings: MappingSettings) -> Iterator[str]:
    """Yield one sentence for each consent and each list.

    Raises:
        RejectRecordError: If the customer has no id.
    """
    for rule in settings.consent:
        yield _consent_reason(customer, rule)
    facts = read_customer(customer)
    for index, list_rule in enumerate(settings.lists):
        unmet = list_rule.unmet(customer, facts, settings.markets)
        if unmet is None:
            yield f"lists.{index}: the customer belongs in it"
        else:
            yield f"lists.{index}: the customer does not belong in it, because when.{unmet} does not hold"


def _consent_reason(customer: Record, rule: ConsentRule) -> str:
    consent, field, setting = read_consent(customer, rule), ".".join(rule.field), f"consent.{rule.name}"
    if consent.answer == "unknown":
        there = "no set with any" if rule.is_set else "none"
        return (
            f"consent: unknown, because {field} is absent or holds {there} of {setting}.yes_values and no_values "
            "exactly, so nothing is said about it"
        )
    if read_consent(customer, replace(rule, absent_is_no=False)).answer == "unknown":
        held = f"none of {setting}.yes_values and no_values, and {setting}.absent is no"
    else:
        held = f"one of {setting}.{consent.answer}_values"
    missing = _missing_evidence(consent, rule)
    evidence = f"; no evidence in {', '.join(missing)}" if missing else "; all evidence is there"
    number = ""
    if rule.mobile is not None and consent.answer == "yes" and read_mobile_number(customer, rule) is None:
        number = f"; {'.'.join(rule.mobile)} is no number with + and the country's code, so SMS stays as it is"
    return f"consent: {consent.answer}, because {field} holds {held}{number}{evidence if rule.evidence_paths() else ''}"


def _missing_evidence(consent: Consent, rule: ConsentRule) -> list[str]:
    parts = (
        (consent.time, rule.time),
        (consent.url, rule.url),
        (consent.ip, rule.ip),
        (consent.user_agent, rule.user_agent),
        (consent.text, rule.text),
    )
    return [".".join(path) for value, path in parts if value is None and path is not None]
