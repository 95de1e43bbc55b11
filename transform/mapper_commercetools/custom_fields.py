"""The shop's own fields: custom fields of customers and orders, attributes of products."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from mapper_commercetools.enum_labels import with_labels
from mapper_commercetools.localization import localized_text
from mapper_commercetools.money import amount, is_money, read_money
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.source_values import Record, nested, reference_id, text
from mapper_commercetools.timestamps import at_midnight, read_date, read_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mapper_commercetools.enum_labels import EnumFields
    from mapper_commercetools.references import References

FieldValue = str | bool | Decimal | datetime | tuple[str, ...]
"""A typed value on its way into either destination."""

# The platform writes dates and instants in exactly these forms; other text that a date reader would accept stays text.
_DATE_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z")
_WORDS_FOR_TRUE = frozenset({"true", "yes", "y", "1", "on"})
_WORDS_FOR_FALSE = frozenset({"false", "no", "n", "0", "off"})


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one of the shop's fields travels.

    Attributes:
        name: Name at the destination; None makes one from the source name.
        type: `string`, `number`, `boolean`, `date` or `list`. None decides by the value: a scalar as what it looks
            like, an array as a list, money as its amount, an enum or a localized text as its text.
    """

    name: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class FieldRules:
    """Which of the shop's fields travel.

    Attributes:
        path: Where they are, for reasons, for example `custom.fields`.
        setting: Path of the setting, for reasons, for example `custom_fields.customers`.
        listed: Rules by source name; None leaves that field out.
        map_unlisted: Whether scalar fields without a rule travel as well.
        enum_labels: Whether enums of custom fields travel as their labels instead of their keys.
    """

    path: str
    setting: str
    listed: dict[str, FieldRule | None] = field(default_factory=dict)
    map_unlisted: bool = True
    enum_labels: bool = False

    def leaving_out(self, names: Iterable[str]) -> FieldRules:
        """Return rules that leave further fields out, unless they are listed."""
        listed: dict[str, FieldRule | None] = {**dict.fromkeys(names), **self.listed}
        return replace(self, listed=listed)


def read_custom_fields(
    owner: Record,
    rules: FieldRules,
    references: References,
    clean_name: Callable[[str], str],
    locales: tuple[str, ...],
) -> dict[str, FieldValue]:
    """Return the custom fields of a customer or an order under their names at the destination.

    Args:
        owner: The customer or the order.
        rules: Which travel, and whether enums do as labels.
        references: What the run has read of the stream `types`.
        clean_name: Makes a name that the destination accepts from a source name.
        locales: Preference for localized values and labels.

    Raises:
        RejectRecordError: As `read_fields`, and if labels are wanted and the Type was not read.
    """
    custom = nested(owner, "custom")
    fields = nested(custom, "fields")
    if rules.enum_labels and fields:
        fields = with_labels(fields, _enums_of(custom, rules, references), locales)
    return read_fields(fields, rules, clean_name, locales)


def _enums_of(custom: Record, rules: FieldRules, references: References) -> EnumFields:
    enums = references.enum_fields.get(reference_id(custom, "type") or "")
    if enums is None:
        message = (
            f"custom.type: not among the types read before; setting {rules.setting}.enum_labels needs the stream types "
            "whole in each run"
        )
        raise RejectRecordError(message)
    return enums


def read_fields(
    source: Record, rules: FieldRules, clean_name: Callable[[str], str], locales: tuple[str, ...]
) -> dict[str, FieldValue]:
    """Return the shop's fields under their names at the destination.

    Args:
        source: Source name → value.
        rules: Which travel.
        clean_name: Makes a name that the destination accepts from a source name.
        locales: Preference for localized values.

    Raises:
        RejectRecordError: If a value cannot be read as the type its rule asks for, or two fields would get one name.
    """
    fields: dict[str, FieldValue] = {}
    origin: dict[str, str] = {}
    for source_name, value in source.items():
        rule = rules.listed.get(source_name, _UNLISTED if rules.map_unlisted else None)
        if rule is None or _is_empty(value):
            continue
        if rule is _UNLISTED:
            read = _scalar(value)
            if read is None and not isinstance(value, (float, Decimal)):
                continue
        else:
            read = _by_shape(value, locales) if rule.type is None else _as_type(value, rule.type, locales)
        if read is None:
            message = (
                f"{rules.path}.{source_name}: cannot be read as {rule.type or 'a value'}; "
                f"see setting {rules.setting}.fields"
            )
            raise RejectRecordError(message)
        name = rule.name or clean_name(source_name)
        if name in fields:
            first, second = sorted((origin[name], source_name))
            message = (
                f"{rules.path}: {first} and {second} would both become {name}; "
                f"give one of them a name in setting {rules.setting}.fields"
            )
            raise RejectRecordError(message)
        fields[name], origin[name] = read, source_name
    return fields


_UNLISTED = FieldRule()


def _is_empty(value: Any) -> bool:  # noqa: ANN401  a custom field holds anything
    return value is None or value in ("", [], {}) or (isinstance(value, str) and value.isspace())


def _by_shape(value: Any, locales: tuple[str, ...]) -> FieldValue | None:  # noqa: ANN401  as above
    """Return a scalar as what it looks like, an array as a list, money as its amount, another object as its text."""
    if isinstance(value, list):
        return _list(value, locales)
    if is_money(value):
        return _number(value)
    return _string_of_object(value, locales) if isinstance(value, dict) else _scalar(value)


def _scalar(value: Any) -> FieldValue | None:  # noqa: ANN401  a custom field holds anything
    """Return a scalar as what it looks like, None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _by_text(value)
    return _number(value) if isinstance(value, (int, float, Decimal)) else None


def _by_text(value: str) -> FieldValue:
    if _INSTANT_TEXT.fullmatch(value) and (instant := read_instant(value)):
        return instant
    if _DATE_TEXT.fullmatch(value) and (day := read_date(value)):
        return at_midnight(day)
    return value


def _as_type(value: Any, type_name: str, locales: tuple[str, ...]) -> FieldValue | None:  # noqa: ANN401  as above
    if type_name == "list":
        return _list(value, locales)
    if type_name == "string":
        return _string(value, locales)
    if type_name == "number":
        return _number(value)
    return _boolean(value) if type_name == "boolean" else _instant(value)


def _string(value: Any, locales: tuple[str, ...]) -> str | None:  # noqa: ANN401  as above
    """Return text: an enum's label, a localized text, a reference's id, money, a list joined, a number as written."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return str(Decimal(value) if isinstance(value, int) else value)
    if isinstance(value, list):
        items = _list(value, locales)
        return ", ".join(items) if items else None
    return _string_of_object(value, locales) if isinstance(value, dict) else None


def _string_of_object(value: Record, locales: tuple[str, ...]) -> str | None:
    if is_money(value):
        money = read_money(value, "money")
        return f"{amount(money.units, money.digits)} {money.currency}" if money else None
    if "typeId" in value:
        return text(value, "id") or text(value, "key")
    if "name" in value:
        # Part of a nested attribute, `{name, value}`: no locale is called so.
        return None
    label = value.get("label", value)
    return label if isinstance(label, str) else localized_text(label, locales)


def _list(value: Any, locales: tuple[str, ...]) -> tuple[str, ...] | None:  # noqa: ANN401  as above
    """Return texts; sets of the platform come in no fixed order, so they are sorted."""
    items = value if isinstance(value, list) else [value]
    texts = [None if isinstance(item, list) else _string(item, locales) for item in items]
    known = [item for item in texts if item]
    return tuple(sorted(known)) if len(known) == len(items) else None


def _number(value: Any) -> Decimal | None:  # noqa: ANN401  as above
    """Return a number, or the amount of money in its main unit."""
    if isinstance(value, bool):
        return None
    if is_money(value):
        money = read_money(value, "money")
        return amount(money.units, money.digits) if money else None
    if not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        # Straight from an integer: as a text Python refuses one of thousands of digits.
        number = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _boolean(value: Any) -> bool | None:  # noqa: ANN401  as above
    if isinstance(value, int):
        return bool(value) if value in {0, 1} else None
    word = value.lower() if isinstance(value, str) else ""
    if word in _WORDS_FOR_TRUE:
        return True
    return False if word in _WORDS_FOR_FALSE else None


def _instant(value: Any) -> datetime | None:  # noqa: ANN401  as above
    day: date | None = read_date(value)
    return at_midnight(day) if day else read_instant(value)
