"""Reads the report of an Insight import: what became of each record.

Dotdigital: `failures` echo the key of each record that was not stored, with a reason; everything else was stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.narrowing import BatchRefused
from delivery.outcome import Outcome, rejected

from target_dotdigital.answers import without_values

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from delivery.redaction import Redaction

NO_CONTACT = frozenset(
    {
        "ContactCustomIdentifierValueDoesNotExist",
        "ContactEmailDoesNotExist",
        "ContactIdDoesNotExist",
        "ContactPhoneNumberDoesNotExist",
    }
)
MISSING_COLLECTION = "MissingCollection"
KEY_OF_ANOTHER = "KeyExistingForDifferentContact"
TRY_AGAIN = NO_CONTACT | {MISSING_COLLECTION, "Unknown"}

_REASONS = {
    **dict.fromkeys(NO_CONTACT, "its contact does not exist: send contacts before what refers to them"),
    "DuplicateKey": "another record of the same import has its key",
    "InvalidClientKey": "its key is not one that Dotdigital takes",
    "InvalidContactIdentifier": "its contact's identifier has no valid form",
    "InvalidContactIdentifierType": "the account knows no identifier of the name in contactIdentity",
    "JsonDoesNotMatchSchema": "a property has another type in the collection",
    "JsonValueIncompatibleWithSchema": "a property has another type in the collection",
    KEY_OF_ANOTHER: "its key belongs to a record of another contact, which cannot be deleted",
}

Report = dict[str, Any]


def insight_failures(
    report: Report, keys: Sequence[str], names_of: Callable[[int], Container[str]], redaction: Redaction
) -> dict[int, Outcome]:
    """Return the outcomes of the records that were not stored, by place.

    Args:
        report: The report of a finished import.
        keys: The keys of what was imported, none twice.
        names_of: Returns the names of the properties of the record at a place, which error texts may show.
        redaction: Knows the secrets.

    Raises:
        BatchRefused: If records were not stored and the report does not tell which; smaller imports tell.
    """
    places = {key: place for place, key in enumerate(keys)}
    failures = report.get("failures") or []
    found: dict[int, Outcome] = {}
    for failure in failures:
        place = places.get(str(failure.get("key"))) if len(keys) > 1 else 0
        if place is not None:
            found[place] = _outcome(failure, names_of(place), redaction)
    summary = report["summary"]
    not_stored = max(
        len(failures) if len(keys) > 1 else 0,
        summary["totalRejected"],
        len(keys) - summary["totalImported"],
    )
    if not_stored > len(found):
        message = "the import's report does not tell which records it did not store"
        raise BatchRefused(message, "notInReport")
    return found


def _outcome(failure: dict[str, Any], names: Container[str], redaction: Redaction) -> Outcome:
    code = failure["failureReason"] or "Unknown"
    details = failure.get("details")
    texts = [str(detail) for detail in details if isinstance(detail, str)] if isinstance(details, list) else []
    said = without_values("; ".join(texts), redaction, names)
    reason = _REASONS.get(code, "Dotdigital does not store it")
    return rejected(f"{reason} ({said})" if said else reason, code)
