"""Which profile fields of a record say a consent, and the record of those alone that say no.

The member `consentFields` names boolean data fields; it is for the loader and is never sent. Whatever becomes of the
rest of a record, its noes are carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.remembered import RememberedSet

from target_iterable.identifiers import usable_identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Record = dict[str, Any]

MOST_REMEMBERED = 500_000

CONSENT_FIELDS = "consentFields"
_OF_AN_OPT_OUT = frozenset({"email", "userId", "dataFields", CONSENT_FIELDS})


def opt_out_of_user(record: Mapping[str, Any]) -> Record | None:
    """Return who a record is about and what it says no to; None if there is nothing of the kind.

    Args:
        record: A record as it came; what is in it may be of any kind.
    """
    names, fields = record.get(CONSENT_FIELDS), record.get("dataFields")
    if not isinstance(names, list) or not isinstance(fields, dict):
        return None
    noes = [name for name in names if isinstance(name, str) and fields.get(name) is False]
    person = usable_identifiers(record)
    if not noes or not person:
        return None
    return {**person, "dataFields": dict.fromkeys(noes, False), CONSENT_FIELDS: noes}


def is_opt_out(record: Mapping[str, Any]) -> bool:
    """Tell whether a record says nothing but no."""
    return record.keys() <= _OF_AN_OPT_OUT and opt_out_of_user(record) == record


def merged_consent_fields(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Record:
    """Return the member `consentFields` of two records that become one; nothing if neither has it."""
    names = [*(earlier.get(CONSENT_FIELDS) or ()), *(later.get(CONSENT_FIELDS) or ())]
    return {CONSENT_FIELDS: list(dict.fromkeys(names))} if names else {}


class NoesOfOthers:
    """What other customers of the same address have said no to in this run; safe to use from several threads.

    Two customers may give one address, of whom only one can have it. None of the two says when it was said, so any no
    counts, whichever record is read last.
    """

    def __init__(self) -> None:
        self._said = RememberedSet(MOST_REMEMBERED)

    def note(self, identity: str, names: Iterable[str]) -> None:
        """Take note of what another customer says no to for a profile: consent fields, or groups."""
        for name in names:
            self._said.add(f"{identity} {name}")

    def include(self, identity: str, name: str) -> bool:
        """Whether another has said no to something there."""
        return f"{identity} {name}" in self._said

    def without_overruled(self, record: Record, identity: str) -> Record:
        """Return a record without the fields that say yes where another has said no; itself if there are none."""
        fields = record.get("dataFields") or {}
        overruled = {
            name
            for name in record.get(CONSENT_FIELDS) or ()
            if fields.get(name) is True and self.include(identity, name)
        }
        if not overruled:
            return record
        return {**record, "dataFields": {name: value for name, value in fields.items() if name not in overruled}}
