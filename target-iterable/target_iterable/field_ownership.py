"""Who owns a profile field: the source, the destination, or whoever wrote it first."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Literal

from delivery.outcome import Outcome

from target_iterable.consent_fields import CONSENT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from delivery.entry import Entry

    from target_iterable.profile_reads import ProfileReader

Owner = Literal["source", "destination", "first_write"]
Record = dict[str, Any]

MOST_REMEMBERED = 100_000
_IDENTIFYING = frozenset({"email", "userId", "phoneNumber"})
_NO_VALUE: tuple[Any, ...] = (None, "", [], {})


class FieldOwnership:
    """Takes fields out of records that are not the source's to write.

    `source` fields are always written. A `destination` field is written while the profile has no value there. A
    `first_write` field is written only with the profile's creation.

    A profile counts as just created while it has a value in none of the fields that the record brings, identifiers
    aside. It may be there already: a purchase makes a profile without fields, and so does the loader itself where it
    makes new people unsubscribed. It may also be there because a run was killed after that. What a profile holds says
    the same after any of these, so nothing has to be remembered from run to run.

    Within a run the fields of the people looked up are remembered: Iterable may take a minute to show what it was sent.

    Args:
        owners: Owner of each field that has a rule, by the field's name.
        profiles: Looks people up.
    """

    def __init__(self, owners: Mapping[str, Owner], profiles: ProfileReader) -> None:
        self._owners = {name: owner for name, owner in owners.items() if owner != "source"}
        self._profiles = profiles
        self._held: OrderedDict[str, set[str]] = OrderedDict()

    def apply(self, batch: Sequence[Entry]) -> list[Record | Outcome]:
        """Return the records without the fields that are not to be written; one look-up each where it takes one.

        Returns:
            For each entry, in order: its record, which may be a changed copy, or the outcome of one whose person
            Iterable does not look up.

        Raises:
            StreamStopped: If the key may not read profiles.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        records: list[Record | Outcome] = [self._without_removals(entry.record) for entry in batch]
        unknown = [
            place
            for place, record in enumerate(records)
            if isinstance(record, dict) and self._ruled(record) and batch[place].identity not in self._held
        ]
        found = self._profiles.read_many([batch[place].record for place in unknown])
        for place, profile in zip(unknown, found, strict=True):
            if isinstance(profile, Outcome):
                records[place] = profile
            else:
                self._remember(batch[place].identity, _held_by(profile))
        return [
            self._owned(record, self._held[entry.identity])
            if isinstance(record, dict) and self._ruled(record)
            else record
            for entry, record in zip(batch, records, strict=True)
        ]

    def delivered(self, entry: Entry) -> None:
        """Take note of the fields of a record that Iterable has taken."""
        held = self._held.get(entry.identity)
        if held is not None:
            held |= _filled(entry.record.get("dataFields") or {})

    def _ruled(self, record: Record) -> bool:
        return not self._owners.keys().isdisjoint(record.get("dataFields") or {})

    def _without_removals(self, record: Record) -> Record:
        """Null removes a field's value, which is for its owner alone to do."""
        fields = record.get("dataFields") or {}
        kept = {name: value for name, value in fields.items() if value is not None or name not in self._owners}
        return record if len(kept) == len(fields) else {**record, "dataFields": kept}

    def _owned(self, record: Record, held: set[str]) -> Record:
        fields = record["dataFields"]
        is_new = held.isdisjoint(_filled(fields))
        consents = record.get(CONSENT_FIELDS) or ()
        kept = {
            name: value
            for name, value in fields.items()
            # A no is written whoever owns the field.
            if (name in consents and value is False)
            or (owner := self._owners.get(name)) is None
            or (is_new if owner == "first_write" else name not in held)
        }
        return {**record, "dataFields": kept}

    def _remember(self, identity: str, held: set[str]) -> None:
        self._held[identity] = held
        if len(self._held) > MOST_REMEMBERED:
            self._held.popitem(last=False)


def _held_by(profile: Mapping[str, Any] | None) -> set[str]:
    return _filled((profile or {}).get("dataFields") or {})


def _filled(fields: Mapping[str, Any]) -> set[str]:
    return {name for name in fields if name not in _IDENTIFYING and fields[name] not in _NO_VALUE}


def misplaced_names(owners: Iterable[str]) -> list[str]:
    """Return the names that no rule can be about: identifiers, and parts of objects."""
    return sorted(name for name in owners if name in _IDENTIFYING or "." in name)
