"""The data fields of the account: which there are, which are to be created, and values in their types.

Dotdigital: a value for a field that does not exist fails, so fields are created first; names are 1 to 20 of
`[A-Za-z0-9_-]`, compared without case, and some are reserved; in a non-English account the built-in fields carry
translated names, so fields are listed, never assumed.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from delivery.errors import ServiceUnavailable, SettingsError, StreamStopped
from delivery.json_text import encode

from target_dotdigital.call_contracts import CREATED_DATA_FIELD, DATA_FIELDS
from target_dotdigital.data_field_values import FieldType, ValueMismatch, fitted, type_of_schema, type_of_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dotdigital.client import DotdigitalClient
    from target_dotdigital.notices import Notices

PATH = "/v2/data-fields"
RESERVED_NAMES = frozenset(
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
        "uniquecontactid",
        "unsubscribed",
    }
)
BUILT_IN_NAMES = frozenset({"FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE", "LASTSUBSCRIBED"})
"""What the built-in fields are called in an English account."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)


class FieldRefused(ValueError):
    """A data field of a record that cannot be written; the text names the field and never its value."""


class DataFields:
    """The data fields of the account; safe to use from several threads.

    Args:
        client: The account.
        notices: Takes note of fields that are new.
    """

    def __init__(self, client: DotdigitalClient, notices: Notices) -> None:
        self._client = client
        self._notices = notices
        self._existing: dict[str, FieldType | None] | None = None
        self._planned: dict[str, FieldType] = {}
        self._declared: dict[str, FieldType] = {}
        self._lock = threading.RLock()

    def declare(self, properties: dict[str, Any]) -> None:
        """Take note of what a SCHEMA says about data fields, for those that are to be created.

        Args:
            properties: JSON Schemas by field name.
        """
        with self._lock:
            for name, schema in properties.items():
                field_type = type_of_schema(schema) if isinstance(schema, dict) else None
                if field_type is not None:
                    self._declared.setdefault(name.upper(), field_type)

    def fit(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return values in the types of their fields, by field name in capitals.

        A null for a field that does not exist is left out: there is nothing to clear.

        Raises:
            FieldRefused: If a name is not allowed, or a value does not fit.
            ServiceUnavailable: If the account does not tell its fields.
            SettingsError: If a field is a built-in one that the account calls by a name in another language.
        """
        fit: dict[str, Any] = {}
        with self._lock:
            for name, value in values.items():
                key = name.upper()
                if key in fit:
                    message = f"data field {key} is there twice, spelled differently"
                    raise FieldRefused(message)
                self._check_name(name)
                field_type = self._type_for(key, value)
                if field_type is not None:
                    fit[key] = _fitted(key, value, field_type)
        return fit

    def known_among(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return those values, by field name in capitals, whose fields the account has."""
        with self._lock:
            existing = self._fields()
        return {name: value for name, value in values.items() if name in existing}

    def ensure(self, names: Iterable[str]) -> None:
        """Create the fields of these names that do not exist.

        Args:
            names: Field names in capitals that `fit` has returned.

        Raises:
            StreamStopped: If the account has no room for another field, or refuses one.
        """
        with self._lock:
            existing = self._fields()
            for name in sorted(set(names) - existing.keys()):
                self._create(name, self._planned[name])
                existing[name] = self._planned.pop(name)

    def _type_for(self, key: str, value: object) -> FieldType | None:
        existing = self._fields()
        if key in existing:
            # A type this loader does not know is left to the service to check.
            return existing[key] or type_of_value(value)
        if key not in self._planned and value is not None:
            _check_language(key, existing)
            self._planned[key] = self._declared.get(key) or type_of_value(value)
            self._notices.new(f"data field {key} ({self._planned[key].value})")
        return self._planned.get(key)

    def _check_name(self, name: str) -> None:
        if name.upper() in self._fields():
            return
        if not _NAME.fullmatch(name):
            message = f"data field '{name[:60]}' has a name Dotdigital does not take: 1 to 20 letters, digits, - or _"
            raise FieldRefused(message)
        if name.lower() in RESERVED_NAMES:
            message = f"data field '{name}' has a name that Dotdigital keeps for itself"
            raise FieldRefused(message)

    def _fields(self) -> dict[str, FieldType | None]:
        if self._existing is None:
            answer = self._client.ask("GET", PATH, contract=DATA_FIELDS, budget=self._client.budgets.account)
            if not answer.succeeded:
                message = f"Dotdigital does not tell its data fields ({answer.explained})"
                raise ServiceUnavailable(message)
            known = {field_type.value: field_type for field_type in FieldType}
            self._existing = {item["name"].upper(): known.get(item["type"]) for item in answer.data}
        return self._existing

    def _create(self, name: str, field_type: FieldType) -> None:
        body = encode({"name": name, "type": field_type.value, "visibility": "Private"})
        answer = self._client.ask(
            "POST", PATH, contract=CREATED_DATA_FIELD, budget=self._client.budgets.account, body=body
        )
        if answer.succeeded or answer.code == "ERROR_NON_UNIQUE_DATAFIELD":
            return
        if answer.code.endswith("LIMITEXCEEDED"):
            message = (
                f"Dotdigital has no room for data field {name} ({answer.code}): delete data fields nobody uses, or map "
                "fewer"
            )
            raise StreamStopped(message)
        message = f"Dotdigital does not create data field {name} of type {field_type.value} ({answer.explained})"
        raise StreamStopped(message)


def _check_language(name: str, existing: Iterable[str]) -> None:
    """Refuse to make a second field for what an account in another language calls otherwise.

    Dotdigital does not tell which fields are built in, nor what it calls them: only that none has its English name.
    POSTCODE does not count, which is a word of other languages, too.
    """
    if name in BUILT_IN_NAMES and not (BUILT_IN_NAMES - {"POSTCODE"}).intersection(existing):
        message = (
            f"Dotdigital lists none of its built-in data fields under an English name, so the account is in another "
            f"language, and a new field {name} would stand beside its own: let the records name the account's field "
            "(behind mapper-commercetools by the setting mapper.config.dotdigital_fields, otherwise by stream_maps), "
            f"or create {name} in Dotdigital if that is what you want"
        )
        raise SettingsError(message)


def _fitted(name: str, value: object, field_type: FieldType) -> Any:  # noqa: ANN401 - JSON
    try:
        return fitted(value, field_type)
    except ValueMismatch as mismatch:
        message = f"data field {name}: {mismatch}"
        raise FieldRefused(message) from None
