"""Data fields: the typed columns of a contact, and the check of values against them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

from commerce_sandbox.dotdigital.iso_time import iso_seconds, parse_iso

FieldType = Literal["String", "Numeric", "Date", "Boolean"]
Visibility = Literal["Private", "Public"]
FieldValue: TypeAlias = "str | int | float | bool | None"
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)
VISIBILITIES: tuple[str, ...] = get_args(Visibility)

LAST_SUBSCRIBED = "LASTSUBSCRIBED"
TEXT_LENGTH = 1_000
DIGITS_BEFORE_POINT = 18
DIGITS_AFTER_POINT = 9

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,20}")
_RESERVED = frozenset(
    {
        "account",
        "campaign",
        "campaignid",
        "contact",
        "contact_api_id",
        "contactid",
        "email",
        "hcontactid",
        "hemail",
        "hemail256",
        "id",
        "messagecontent",
        "mobilenumberid",
        "notes",
        "unsubscribed",
        "uniquecontactid",
    }
)
_BUILT_IN: tuple[tuple[str, FieldType], ...] = (
    ("FIRSTNAME", "String"),
    ("LASTNAME", "String"),
    ("FULLNAME", "String"),
    ("GENDER", "String"),
    ("POSTCODE", "String"),
    (LAST_SUBSCRIBED, "Date"),
)
# That the names are translated is the vendor's; the words are ours, which is why a client must list the fields.
_TRANSLATIONS: dict[str, tuple[str, ...]] = {
    "de": ("VORNAME", "NACHNAME", "VOLLERNAME", "GESCHLECHT", "POSTLEITZAHL", "ZULETZTABONNIERT"),
    "es": ("NOMBRE", "APELLIDOS", "NOMBRECOMPLETO", "SEXO", "CODIGOPOSTAL", "ULTIMASUSCRIPCION"),
    "fr": ("PRENOM", "NOM", "NOMCOMPLET", "SEXE", "CODEPOSTAL", "DERNIERABONNEMENT"),
    "nl": ("VOORNAAM", "ACHTERNAAM", "VOLLEDIGENAAM", "GESLACHT", "POSTCODE", "LAATSTINGESCHREVEN"),
}


@dataclass(frozen=True, slots=True)
class DataField:
    """One data field of the account.

    Attributes:
        name: Its name, in capitals.
        type: Its type, which can never change.
        visibility: Whether people may see and edit it.
        default_value: The value new contacts get.
        built_in: Whether it belongs to every account.
    """

    name: str
    type: FieldType
    visibility: Visibility = "Private"
    default_value: FieldValue = None
    built_in: bool = False

    def document(self) -> dict[str, Any]:
        """Return the field as the service shows it."""
        return {
            "name": self.name,
            "type": self.type,
            "visibility": self.visibility,
            "defaultValue": self.default_value,
        }


@dataclass(slots=True)
class DataFields:
    """The data fields of the account.

    Attributes:
        last_subscribed: Name of the field that tells when a contact subscribed, in the account's language.
        defaults: The values that a new contact gets, by name of the field.
    """

    last_subscribed: str = LAST_SUBSCRIBED
    defaults: dict[str, FieldValue] = field(default_factory=dict)
    _by_name: dict[str, DataField] = field(default_factory=dict)

    @classmethod
    def for_locale(cls, locale: str) -> DataFields:
        """Return the fields of a new account of a language such as ``en-GB``."""
        names = _TRANSLATIONS.get(locale[:2].lower(), tuple(name for name, _ in _BUILT_IN))
        data_fields = cls(last_subscribed=names[-1])
        for name, (_, type_) in zip(names, _BUILT_IN, strict=True):
            data_fields.add(DataField(name, type_, "Public", built_in=True))
        return data_fields

    def add(self, data_field: DataField) -> None:
        """Put a field into the account."""
        self._by_name[data_field.name.upper()] = data_field
        if data_field.default_value is not None:
            self.defaults[data_field.name] = data_field.default_value

    def find(self, name: str) -> DataField | None:
        """Return a field by its name in any case, or None."""
        return self._by_name.get(name.upper())

    def remove(self, data_field: DataField) -> None:
        """Take a field out of the account."""
        del self._by_name[data_field.name.upper()]
        self.defaults.pop(data_field.name, None)

    def all(self) -> list[DataField]:
        """Return the fields in the order of creation."""
        return list(self._by_name.values())


def is_field_name(name: str) -> bool:
    """Tell whether a new field may have this name."""
    return _NAME.fullmatch(name) is not None and name.lower() not in _RESERVED


class FieldValueError(ValueError):
    """A value that a data field cannot hold; the text says what the field wants."""


def field_value(data_field: DataField, value: object) -> FieldValue:
    """Return a value as the field stores it.

    Args:
        data_field: The field.
        value: JSON value; null clears the field and is returned as None.

    Raises:
        FieldValueError: If the value is not of the field's type or is out of bounds.
    """
    if value is None:
        return None
    check = {"String": _text, "Numeric": _number, "Date": _date, "Boolean": _boolean}[data_field.type]
    return check(value)


def field_default(type_: FieldType, text: str) -> FieldValue:
    """Return the default value of a field from the text that creates it.

    Raises:
        FieldValueError: If the text does not fit the type.
    """
    if type_ == "Boolean":
        if text.lower() not in {"true", "false"}:
            message = "a Boolean default is true or false"
            raise FieldValueError(message)
        return text.lower() == "true"
    if type_ == "Numeric":
        try:
            return _number(float(text))
        except ValueError as error:
            message = "a Numeric default is a number"
            raise FieldValueError(message) from error
    return _date(text) if type_ == "Date" else _text(text)


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = "a String field takes a JSON string"
        raise FieldValueError(message)
    if len(value) > TEXT_LENGTH:
        message = f"a String field holds {TEXT_LENGTH} characters"
        raise FieldValueError(message)
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = "a Numeric field takes a JSON number"
        raise FieldValueError(message)
    number = Decimal(str(value))
    exponent = number.normalize().as_tuple().exponent
    # A finite number has a whole exponent; infinities and the like are written as letters.
    if not isinstance(exponent, int) or -exponent > DIGITS_AFTER_POINT or abs(number) >= 10**DIGITS_BEFORE_POINT:
        message = f"a Numeric field holds {DIGITS_BEFORE_POINT} digits before and {DIGITS_AFTER_POINT} after the point"
        raise FieldValueError(message)
    return value


def _date(value: object) -> str:
    moment = parse_iso(value) if isinstance(value, str) else None
    if moment is None:
        message = "a Date field takes an ISO 8601 date"
        raise FieldValueError(message)
    return iso_seconds(moment)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        message = "a Boolean field takes true or false"
        raise FieldValueError(message)
    return value
