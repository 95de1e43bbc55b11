"""Consent to e-mail, as the shop keeps it in custom fields.

The platform has no consent field of its own. What is not listed as a yes or a no is unknown, and unknown never
becomes a yes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal

from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.source_values import Record

Path = tuple[str, ...]
ConsentValue = str | bool | int


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Where a customer's consent and its evidence are, and which values mean yes and no.

    Attributes:
        field: Path of the value itself.
        yes_values: Values that mean yes; text must be spelt exactly so.
        no_values: Values that mean no.
        time: Path of the instant at which it was given or withdrawn.
        url: Path of the page on which it was given.
        ip: Path of the person's IP address at that moment.
        user_agent: Path of the person's browser identification.
        text: Path of the words agreed to.
    """

    field: Path
    yes_values: tuple[ConsentValue, ...]
    no_values: tuple[ConsentValue, ...]
    time: Path
    url: Path
    ip: Path
    user_agent: Path
    text: Path

    def evidence_fields(self) -> list[str]:
        """Return the names of the custom fields that hold evidence."""
        return _custom_fields(self.time, self.url, self.ip, self.user_agent, self.text)

    def answer_fields(self) -> list[str]:
        """Return the name of the custom field that holds the consent itself, if it is one."""
        return _custom_fields(self.field)


def _custom_fields(*paths: Path) -> list[str]:
    return [path[-1] for path in paths if path[:-1] == ("custom", "fields")]


@dataclass(frozen=True, slots=True)
class Consent:
    """What is known of a customer's consent; absent evidence is None."""

    answer: Literal["yes", "no", "unknown"]
    time: datetime | None
    url: str | None
    ip: str | None
    user_agent: str | None
    text: str | None


UNKNOWN = Consent("unknown", None, None, None, None, None)


def read_consent(customer: Record, rule: ConsentRule) -> Consent:
    """Read a customer's consent; `unknown` unless the field holds one of the listed values."""
    value = _at(customer, rule.field)
    if _listed(value, rule.yes_values):
        answer: Literal["yes", "no"] = "yes"
    elif _listed(value, rule.no_values):
        answer = "no"
    else:
        return UNKNOWN
    return Consent(
        answer,
        read_instant(_at(customer, rule.time)),
        _text_at(customer, rule.url),
        _ip_at(customer, rule.ip),
        _text_at(customer, rule.user_agent),
        _text_at(customer, rule.text),
    )


def _listed(value: object, values: tuple[ConsentValue, ...]) -> bool:
    # True == 1 in Python: the type must be the same, or a loyalty level of 1 would be a yes.
    return any(type(value) is type(listed) and value == listed for listed in values)


def _at(record: Record, path: Path) -> Any:  # noqa: ANN401  a custom field holds anything
    value: Any = record
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text_at(record: Record, path: Path) -> str | None:
    value = _at(record, path)
    return value if isinstance(value, str) and value and not value.isspace() else None


def _ip_at(record: Record, path: Path) -> str | None:
    value = _text_at(record, path)
    if value is None:
        return None
    try:
        return str(ip_address(value))
    except ValueError:
        return None
