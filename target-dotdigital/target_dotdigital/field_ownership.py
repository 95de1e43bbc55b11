"""Which data fields the source may overwrite, as the setting `field_ownership` says.

A no is the source's, whatever the setting says of the field: it is always written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from target_dotdigital.opt_outs import refused_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = ("source", "destination", "first_write")
Rule = Literal["source", "destination", "first_write"]

Contact = dict[str, Any]


class FieldOwnership:
    """Rules by data field; a field without a rule belongs to the source.

    Args:
        setting: By field name in any case: `source` writes always, `destination` only where the contact has no value,
            `first_write` only when the contact is created.
    """

    def __init__(self, setting: Mapping[str, Rule]) -> None:
        self._rules = {name.upper(): rule for name, rule in setting.items() if rule != "source"}

    def without_clearing(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields without the nulls of those that are not the source's: it has nothing to clear there."""
        return {name: value for name, value in fields.items() if value is not None or name not in self._rules}

    def keeping_earlier(self, earlier: Contact, merged: Contact) -> Contact:
        """Return a merged contact as two sent in order would leave it: fields not the source's keep the first value."""
        noes = set(refused_fields(merged))
        first = {
            name: value
            for name, value in earlier.get("dataFields", {}).items()
            if name in self._rules and name not in noes and value not in {None, ""}
        }
        return {**merged, "dataFields": {**merged["dataFields"], **first}} if first else merged

    def first_writes(self, contact: Contact) -> dict[str, Any]:
        """Return the fields of a contact that are written only with its creation."""
        return self._ruled(contact, "first_write")

    def without_first_writes(self, contact: Contact) -> Contact:
        """Return a contact without the fields that are written only with its creation."""
        return _without(contact, self.first_writes(contact))

    def split(self, contact: Contact) -> tuple[Contact, dict[str, Any]]:
        """Return a contact without the fields that are the destination's, and these fields."""
        fields = self._ruled(contact, "destination")
        return _without(contact, fields), fields

    def _ruled(self, contact: Contact, rule: Rule) -> dict[str, Any]:
        if not self._rules:
            return {}
        noes = set(refused_fields(contact))
        return {
            name: value
            for name, value in contact.get("dataFields", {}).items()
            if self._rules.get(name) == rule and name not in noes
        }


def _without(contact: Contact, fields: Mapping[str, Any]) -> Contact:
    if not fields:
        return contact
    rest = {name: value for name, value in contact["dataFields"].items() if name not in fields}
    written = {name: value for name, value in contact.items() if name != "dataFields"}
    return {**written, "dataFields": rest} if rest else written
