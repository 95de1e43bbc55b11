"""Reads the report of a contact import: what became of each record.

Dotdigital: a report lists `created`, `updated` and `failures`; it knows no row numbers, so records are told apart by
the identifiers that were sent. A record may be among `updated` and among `failures`: the contact was written, a part
attached to it was not. Failure codes are compared without case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.narrowing import BatchRefused
from delivery.outcome import DELIVERED, Outcome, rejected

from target_dotdigital.answers import without_values
from target_dotdigital.contact_identity import identifier_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.redaction import Redaction

    from target_dotdigital.notices import Notices

CONSENT_LOST = "consentrecordsnotapplied"
LOST_EVIDENCE = "were written without their consent records, which Dotdigital did not take (consentRecordsNotApplied)"
UNCLEAR = BatchRefused("the import's report does not tell what became of it", "notInReport")

Contact = dict[str, Any]
Report = dict[str, Any]
_Places = dict[tuple[str, str], int]


def contact_outcomes(
    report: Report, contacts: Sequence[Contact], redaction: Redaction, notices: Notices
) -> list[Outcome]:
    """Return the outcome of each contact of an import.

    Args:
        report: The report of a finished import.
        contacts: What was imported, no identifier twice.
        redaction: Knows the secrets.
        notices: Counts contacts that were written without a part.

    Raises:
        BatchRefused: If the report does not tell what became of some; sent in smaller imports it does.
    """
    places = _known_places(contacts)
    written = _places_of([*_items(report, "created"), *_items(report, "updated")], places)
    outcomes: dict[int, Outcome] = {}
    for entry in _items(report, "failures"):
        place = _place_of(entry, places)
        if place is None:
            if len(contacts) > 1:
                raise UNCLEAR
            place = 0
        outcomes[place] = _failure(entry, contacts[place], redaction, notices, was_written=place in written)
    untold = [place for place in range(len(contacts)) if place not in outcomes and place not in written]
    if untold and _counted(report) < len(contacts) - len(outcomes):
        raise UNCLEAR
    return [outcomes.get(place, DELIVERED) for place in range(len(contacts))]


def created_places(report: Report, contacts: Sequence[Contact]) -> set[int]:
    """Return the places of the contacts that an import has created, as far as its report tells."""
    return _places_of(_items(report, "created"), _known_places(contacts))


def _failure(
    entry: dict[str, Any], contact: Contact, redaction: Redaction, notices: Notices, *, was_written: bool
) -> Outcome:
    failures = _items(entry, "failures")
    codes = [str(failure.get("failureCode", "")) for failure in failures]
    if was_written and codes and all(code.lower() == CONSENT_LOST for code in codes):
        notices.count(LOST_EVIDENCE)
        return DELIVERED
    names = {*contact.get("dataFields", {}), *contact["identifiers"]}
    said = "; ".join(without_values(str(failure.get("description") or ""), redaction, names) for failure in failures)
    # Without `noSubscription`-like codes there is still a sentence; without a sentence there is the code.
    code = next((code for code in codes if code.lower() != CONSENT_LOST), codes[0] if codes else "unknown")
    part = "written, but a part of it was not: " if was_written else ""
    return rejected(f"{part}{said or code}", code)


def _counted(report: Report) -> int:
    """Return how many contacts a report counts as written; those it counts as wrong it must name as well."""
    counts = report.get("summary") or {}
    written: int = counts.get("newContacts", 0) + counts.get("updatedContacts", 0)
    unnamed: int = counts.get("invalidEntries", 0) - len(_items(report, "failures"))
    return written - max(0, unnamed)


def _known_places(contacts: Sequence[Contact]) -> _Places:
    return {key: place for place, contact in enumerate(contacts) for key in identifier_keys(contact["identifiers"])}


def _places_of(entries: list[dict[str, Any]], places: _Places) -> set[int]:
    return {place for entry in entries if (place := _place_of(entry, places)) is not None}


def _place_of(entry: dict[str, Any], places: _Places) -> int | None:
    identifiers = entry.get("identifiers")
    known = dict(identifiers) if isinstance(identifiers, dict) else {}
    if entry.get("contactId") is not None:
        known.setdefault("contactId", entry["contactId"])
    matched = entry.get("matchIdentifier")
    keys = sorted(identifier_keys(known), key=lambda key: key[0] != matched)
    return next((places[key] for key in keys if key in places), None)


def _items(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = holder.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
