"""Which sink a stream goes to: its own name, or what the setting `streams` binds it to."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from delivery.errors import SettingsError

from target_dotdigital.insight import RecordShape
from target_dotdigital.insight_collections import Collection, collection_name, read_collection

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTACTS = "contacts"
DELETED_CONTACTS = "deleted_contacts"
CART_INSIGHT = "cart_insight"
PROGRAM_ENROLMENTS = "program_enrolments"
DEFAULT_COLLECTIONS = {
    "orders": Collection("Orders", "contact", "orders"),
    "catalog": Collection("catalog_products", "account", "catalog"),
    CART_INSIGHT: Collection("CartInsight", "contact", "cartInsight"),
}
STREAMS = (CONTACTS, *DEFAULT_COLLECTIONS, PROGRAM_ENROLMENTS, DELETED_CONTACTS)
INSIGHT = "insight"
_INSIGHT_MEMBERS = frozenset({"to", "collection", "scope", "type", "key", "contact"})


@dataclass(frozen=True, slots=True)
class Binding:
    """What a stream is bound to.

    Attributes:
        to: One of `STREAMS`, or `insight` for a collection of its own.
        collection: Where Insight records go; None for contacts and enrolments.
        shape: How the records of a stream of another shape become Insight records.
    """

    to: str
    collection: Collection | None = None
    shape: RecordShape | None = None


class Bindings:
    """The settings `streams` and `collections`, read and checked.

    Args:
        streams: By name or pattern with `*`: the name of one of the loader's streams, or an object.
        collections: By one of the loader's streams: `collection`, `scope`, `type`.

    Raises:
        SettingsError: If a setting does not say what it must.
    """

    def __init__(self, streams: Mapping[str, Any], collections: Mapping[str, Any]) -> None:
        self._collections = dict(DEFAULT_COLLECTIONS)
        for name, setting in collections.items():
            if name not in DEFAULT_COLLECTIONS or not isinstance(setting, dict):
                message = (
                    f"setting collections.{name}: must be an object for one of {', '.join(DEFAULT_COLLECTIONS)}; "
                    "other streams are bound with the setting streams"
                )
                raise SettingsError(message)
            _refuse_unknown(setting, {"collection", "scope", "type"}, f"collections.{name}")
            self._collections[name] = read_collection(setting, DEFAULT_COLLECTIONS[name], f"collections.{name}")
        self._streams = dict(streams)
        for pattern in self._streams:
            self._bound(pattern.replace("*", "x"), pattern)

    def of(self, stream: str) -> Binding:
        """Return what a stream is bound to; a stream nobody bound is stored as a collection of its name."""
        if stream in STREAMS:
            return self._own(stream)
        for pattern in self._streams:
            if fnmatchcase(stream, pattern):
                return self._bound(stream, pattern)
        return Binding(INSIGHT, Collection(collection_name(stream)), RecordShape())

    def _own(self, name: str) -> Binding:
        return Binding(name, self._collections.get(name))

    def _bound(self, stream: str, pattern: str) -> Binding:
        setting, place = self._streams[pattern], f"streams.{pattern}"
        if isinstance(setting, str):
            setting = {"to": setting}
        to = setting.get("to") if isinstance(setting, dict) else None
        if to in STREAMS and len(setting) == 1:
            return self._own(to)
        if to != INSIGHT:
            message = (
                f'setting {place}: must be one of {", ".join(STREAMS)}, or {{"to": "insight", "collection": …, '
                '"scope": …, "type": …, "key": […], "contact": …}'
            )
            raise SettingsError(message)
        _refuse_unknown(setting, _INSIGHT_MEMBERS, place)
        collection = read_collection(setting, Collection(collection_name(stream)), place)
        return Binding(INSIGHT, collection, _shape(setting, collection, place))


def _shape(setting: dict[str, Any], collection: Collection, place: str) -> RecordShape:
    key, contact = setting.get("key"), setting.get("contact")
    if key is not None and not (isinstance(key, list) and key and all(isinstance(name, str) for name in key)):
        message = f"setting {place}.key: must be an array of names of members of the records"
        raise SettingsError(message)
    if (contact is not None) is not (collection.scope == "contact") or not isinstance(contact, (str, type(None))):
        message = (
            f"setting {place}.contact: must name the member that holds the contact's e-mail address, with the scope "
            "contact and only then"
        )
        raise SettingsError(message)
    return RecordShape(None if key is None else tuple(key), contact)


def _refuse_unknown(setting: dict[str, Any], known: frozenset[str] | set[str], place: str) -> None:
    unknown = sorted(setting.keys() - known)
    if unknown:
        message = f"setting {place}: has no member {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        raise SettingsError(message)
