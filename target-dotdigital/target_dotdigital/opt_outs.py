"""The noes of a contact record: what of it is carried out whatever becomes of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_dotdigital.contact_identity import EMAIL, MOBILE_NUMBER
from target_dotdigital.contact_lookup import MOBILE_CHANNELS
from target_dotdigital.custom_identifiers import is_identifier_name
from target_dotdigital.data_field_values import FieldType, ValueMismatch, fitted
from target_dotdigital.data_fields import FieldRefused
from target_dotdigital.identifier_form import is_usable, usable_identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_dotdigital.contact_preferences import MarketingPreferences
    from target_dotdigital.custom_identifiers import CustomIdentifiers
    from target_dotdigital.data_fields import DataFields

CONSENT_FIELDS = "consentFields"
"""Loader-only member of a contact record: names of data fields of that record that say a consent."""

CHANNELS = (EMAIL, *MOBILE_CHANNELS)
_NOES: dict[str, Any] = {"channelProperties": {}, "preferences": [], "dataFields": {}}
_NO_STATUSES = frozenset({"suppressed", "unsubscribed"})

Contact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Reads the noes of contact records, also of records that cannot be imported: nothing in them need be right.

    Attributes:
        data_fields: The account's data fields.
        preferences: The account's marketing preferences.
        custom_identifiers: The account's custom identifiers.
        match_by: Name of the identifier that contacts are matched by where they have it; None for the record's own.
    """

    data_fields: DataFields
    preferences: MarketingPreferences
    custom_identifiers: CustomIdentifiers
    match_by: str | None

    def of(self, record: Contact) -> Contact | None:
        """Return a contact that says the noes of a record and nothing else; None if there are none.

        It is told by what the record is matched by and by its address: the no is about both. A number is told only
        with a no for it.
        """
        noes = {
            "channelProperties": _channels(record),
            "preferences": self._preferences(record),
            "dataFields": self._fields(record),
        }
        noes = {name: part for name, part in noes.items() if part}
        matched, identifiers = self._who(record, concerns_number=says_no_to_number(noes))
        if not noes or not identifiers:
            return None
        fields = {CONSENT_FIELDS: list(noes["dataFields"])} if "dataFields" in noes else {}
        return {"matchIdentifier": matched, "identifiers": identifiers, **noes, **fields}

    def _who(self, record: Contact, *, concerns_number: bool) -> tuple[str, dict[str, Any]]:
        spelled = self.custom_identifiers.spelled
        usable = {spelled(name): value for name, value in usable_identifiers(record.get("identifiers")).items()}
        names = [self.match_by, record.get("matchIdentifier"), EMAIL, MOBILE_NUMBER, *usable]
        known = [name for name in names if isinstance(name, str) and is_identifier_name(name)]
        matched = next((spelled(name) for name in known if _among(name, usable)), "")
        kept = {matched, EMAIL, *([MOBILE_NUMBER] if concerns_number else [])}
        return matched, {name: value for name, value in usable.items() if name in kept}

    def _preferences(self, record: Contact) -> list[dict[str, Any]]:
        items = record.get("preferences")
        refused = (
            item
            for item in (items if isinstance(items, list) else [])
            if isinstance(item, dict) and _is_no(item.get("isOptedIn"))
        )
        numbers = dict.fromkeys(number for item in refused for number in self.preferences.named_by(item))
        return [{"id": number, "isOptedIn": False} for number in numbers]

    def _fields(self, record: Contact) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in refused_fields(record):
            try:
                found |= self.data_fields.fit({name: False})
            except FieldRefused:  # noqa: PERF203 - few fields say a consent
                # There is no such field, or none that can hold a no: then it says no yes either.
                continue
        return found


def refused_fields(record: Contact) -> Iterator[str]:
    """Yield the names, in capitals, of the data fields of a record that say a consent and say no."""
    names, fields = record.get(CONSENT_FIELDS), record.get("dataFields")
    if not isinstance(names, list) or not isinstance(fields, dict):
        return
    wanted = {name.upper() for name in names if isinstance(name, str)}
    yield from dict.fromkeys(name.upper() for name, value in fields.items() if name.upper() in wanted and _is_no(value))


def says_only_no(record: Contact) -> bool:
    """Tell whether a record says who it is about and what it says no to, and nothing else."""
    if not record.keys() <= {"matchIdentifier", "identifiers", CONSENT_FIELDS, *_NOES}:
        return False
    channels, preferences, fields = (record.get(name) or empty for name, empty in _NOES.items())
    identifiers = record.get("identifiers")
    return (
        isinstance(identifiers, dict)
        and record.get("matchIdentifier") in list(identifiers)
        and isinstance(record.get(CONSENT_FIELDS, []), list)
        and all(is_usable(name, value) for name, value in identifiers.items())
        and channels == _channels(record)
        and isinstance(preferences, list)
        and all(isinstance(item, dict) and _is_no(item.get("isOptedIn")) for item in preferences)
        and isinstance(fields, dict)
        and {name.upper() for name in fields} == set(refused_fields(record))
    )


def parts_of(contact: Contact) -> Iterator[Contact]:
    """Yield the noes of a contact that says nothing else, one by one, for each of its identifiers alone."""
    matched = contact["matchIdentifier"]
    names = sorted(contact["identifiers"], key=lambda name: name != matched)
    for name in names:
        who = {"matchIdentifier": name, "identifiers": {name: contact["identifiers"][name]}}
        for channel, said in contact.get("channelProperties", {}).items():
            # Several people may have one number, and the address of one of them is not the others'.
            if name != MOBILE_NUMBER or name == matched or channel in MOBILE_CHANNELS:
                yield {**who, "channelProperties": {channel: said}}
        if name == MOBILE_NUMBER and name != matched:
            continue
        for preference in contact.get("preferences", []):
            yield {**who, "preferences": [preference]}
        for field, value in contact.get("dataFields", {}).items():
            yield {**who, "dataFields": {field: value}, CONSENT_FIELDS: [field]}


def says_no_to_number(noes: Contact) -> bool:
    """Tell whether a contact that says noes says one for a mobile channel."""
    return any(channel in MOBILE_CHANNELS for channel in noes.get("channelProperties", {}))


def _channels(record: Contact) -> dict[str, Any]:
    channels = record.get("channelProperties")
    statuses = {
        name: channel.get("status")
        for name in CHANNELS
        if isinstance(channels, dict) and isinstance(channel := channels.get(name), dict)
    }
    return {
        name: {"status": "unsubscribed"}
        for name, status in statuses.items()
        if isinstance(status, str) and status.strip().lower() in _NO_STATUSES
    }


def _is_no(value: object) -> bool:
    try:
        return fitted(value, FieldType.BOOLEAN) is False
    except ValueMismatch:
        return False


def _among(name: str, identifiers: dict[str, Any]) -> bool:
    return name.lower() in {known.lower() for known in identifiers}
