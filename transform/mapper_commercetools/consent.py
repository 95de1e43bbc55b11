"""Consent, as the shop keeps it in fields of its own, and what each consent drives.

The platform has no consent field. What is not listed as a yes or a no is unknown, and unknown never becomes a yes
anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from mapper_commercetools.field_paths import ListedValue, Path, is_listed, value_at
from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mapper_commercetools.source_values import Record

Answer = Literal["yes", "no", "unknown"]
Resubscribe = Literal["never", "newer", "always"]
NameOrId = str | int

# Without the plus sign a number may be a national one, and its digits those of somebody in another country.
_INTERNATIONAL_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SEPARATORS = re.compile(r"[ .-]")


@dataclass(frozen=True, slots=True)
class DotdigitalTargets:
    """What a consent drives in Dotdigital.

    Attributes:
        channel: The channel whose status it is; None for none.
        preferences: Names or ids of marketing preferences.
        lists: Names or ids of lists that a yes joins.
        data_field: Name of a boolean data field.
    """

    channel: Literal["email", "sms"] | None
    preferences: tuple[NameOrId, ...]
    lists: tuple[NameOrId, ...]
    data_field: str | None


@dataclass(frozen=True, slots=True)
class IterableTargets:
    """What a consent drives in Iterable.

    Attributes:
        channels: Names or ids of message channels.
        message_types: Names or ids of message types.
        lists: Names or ids of lists.
        field: Name of a boolean profile field.
    """

    channels: tuple[NameOrId, ...]
    message_types: tuple[NameOrId, ...]
    lists: tuple[NameOrId, ...]
    field: str | None


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Where one consent of a customer and its evidence are, which values mean yes and no, and what it drives.

    Attributes:
        name: Its name in the settings.
        field: Path of the value itself.
        is_set: Whether a set is there, whose members are compared, instead of a single value.
        yes_values: Values that mean yes; text must be spelt exactly so.
        no_values: Values that mean no.
        absent_is_no: Whether a set that is there and holds none of these values means no.
        time: Path of the instant at which it was given or withdrawn; None if it is nowhere.
        url: Path of the page on which it was given.
        ip: Path of the person's IP address at that moment.
        user_agent: Path of the person's browser identification.
        text: Path of the words agreed to.
        mobile: Path of the number that text messages go to.
        resubscribe: What a yes may do to somebody who opted out at the destination.
        dotdigital: What it drives in Dotdigital.
        iterable: What it drives in Iterable.
    """

    name: str
    field: Path
    is_set: bool
    yes_values: tuple[ListedValue, ...]
    no_values: tuple[ListedValue, ...]
    absent_is_no: bool
    time: Path | None
    url: Path | None
    ip: Path | None
    user_agent: Path | None
    text: Path | None
    mobile: Path | None
    resubscribe: Resubscribe
    dotdigital: DotdigitalTargets
    iterable: IterableTargets

    def evidence_paths(self) -> list[Path]:
        """Return where evidence is, as far as the settings say."""
        paths = (self.time, self.url, self.ip, self.user_agent, self.text)
        return [path for path in paths if path is not None]


@dataclass(frozen=True, slots=True)
class Consent:
    """What is known of a customer's consent; absent evidence is None."""

    answer: Answer
    time: datetime | None
    url: str | None
    ip: str | None
    user_agent: str | None
    text: str | None


UNKNOWN = Consent("unknown", None, None, None, None, None)


def withheld(customer: Record, rules: Iterable[ConsentRule]) -> list[ConsentRule]:
    """Return the consents to which a customer says no.

    Nothing but the answers is read, so that nothing else in the record can get in the way of a no.
    """
    return [rule for rule in rules if _answer(value_at(customer, rule.field), rule) == "no"]


def unidentified(customer: Record, rules: Iterable[ConsentRule], reason: str) -> SkipRecordError | RejectRecordError:
    """Return how a customer ends whom nothing identifies: left out, or rejected so that a no does not get lost unseen.

    Args:
        customer: The customer.
        rules: The consents that would have been carried out.
        reason: What is missing.
    """
    return RejectRecordError(reason) if withheld(customer, rules) else SkipRecordError(reason)


def read_consent(customer: Record, rule: ConsentRule) -> Consent:
    """Read one of a customer's consents; `unknown` unless the field holds one of the listed values."""
    answer = _answer(value_at(customer, rule.field), rule)
    if answer == "unknown":
        return UNKNOWN
    return Consent(
        answer,
        None if rule.time is None else read_instant(value_at(customer, rule.time)),
        _text_at(customer, rule.url),
        _ip_at(customer, rule.ip),
        _text_at(customer, rule.user_agent),
        _text_at(customer, rule.text),
    )


def read_mobile_number(customer: Record, rule: ConsentRule) -> str | None:
    """Return the number that text messages go to as digits with the country's code; None if it is none for sure.

    Blanks, periods and hyphens in it do not matter. It must begin with a plus sign.
    """
    written = _text_at(customer, rule.mobile)
    number = None if written is None else _SEPARATORS.sub("", written)
    return number[1:] if number and _INTERNATIONAL_NUMBER.fullmatch(number) else None


def custom_field_names(paths: Iterable[Path]) -> list[str]:
    """Return the names of those paths that are custom fields."""
    return [path[-1] for path in paths if path[:-1] == ("custom", "fields")]


def _answer(value: object, rule: ConsentRule) -> Answer:
    if not rule.is_set:
        if is_listed(value, rule.no_values):
            return "no"
        return "yes" if is_listed(value, rule.yes_values) else "unknown"
    if not isinstance(value, list):
        return "unknown"
    # Of a set that holds a yes and a no, the no counts.
    if any(is_listed(member, rule.no_values) for member in value):
        return "no"
    if any(is_listed(member, rule.yes_values) for member in value):
        return "yes"
    return "no" if rule.absent_is_no else "unknown"


def _text_at(record: Record, path: Path | None) -> str | None:
    value = None if path is None else value_at(record, path)
    return value if isinstance(value, str) and value and not value.isspace() else None


def _ip_at(record: Record, path: Path | None) -> str | None:
    value = _text_at(record, path)
    if value is None:
        return None
    try:
        return str(ip_address(value))
    except ValueError:
        return None
