"""Reads the report of an Insight import: what became of each record.

Dotdigital: `failures` echo the key of each record that was not stored, with a reason; everything else was stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.narrowing import BatchRefused
from delivery.outcome import Outcome, rejected

from target_dotdigital.answers import without_values

if TYPE_CHECKING:
    from collections.abc import Sequence

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
TRY_AGAIN = NO_CONTACT | {MISSING_COLLECTION, "Unknown"}

_REASONS = {
    **dict.fromkeys(NO_CONTACT, "its contact does not exist: send contacts before what refers to them"),
    "DuplicateKey": "another record of the same import has its key",
    "InvalidClientKey": "its key is not one that Dotdigital takes",
    "InvalidContactIdentifier": "its contact's identifier has no valid form",
    "InvalidContactIdentifierType": "the account knows no identifier of the name in contactIdentity",
    "JsonDoesNotMatchSchema": "a property has another type in the collection",
    "JsonValueIncompatibleWithSchema": "a property has another type in the collection",
    "KeyExistingForDifferentContact": "its key belongs to a record of another contact; delete that one first",
}

Report = dict[str, Any]


def insight_failures(report: Report, records: Sequence[dict[str, Any]], redaction: Redaction) -> dict[int, Outcome]:
    """Return the outcomes of the records that were not stored, by place.

    Args:
        report: The report of a finished import.
        records: What was imported, no key twice.
        redaction: Knows the secrets.

    Raises:
        BatchRefused: If records were not stored and the report does not tell which; smaller imports tell.
    """
    places = {record["key"]: place for place, record in enumerate(records)}
    failures = report.get("failures")
    found: dict[int, Outcome] = {}
    for failure in failures if isinstance(failures, list) else []:
        if not isinstance(failure, dict):
            continue
        place = places.get(str(failure.get("key"))) if len(records) > 1 else 0
        if place is not None:
            found[place] = _outcome(failure, records[place], redaction)
    if _rejected(report) > len(found):
        message = "the import's report does not tell which records it did not store"
        raise BatchRefused(message, "notInReport")
    return found


def _outcome(failure: dict[str, Any], record: dict[str, Any], redaction: Redaction) -> Outcome:
    code = str(failure.get("failureReason") or "Unknown")
    details = failure.get("details")
    texts = [str(detail) for detail in details if isinstance(detail, str)] if isinstance(details, list) else []
    said = without_values("; ".join(texts), redaction, record["json"].keys())
    reason = _REASONS.get(code, "Dotdigital does not store it")
    return rejected(f"{reason} ({said})" if said else reason, code)


def _rejected(report: Report) -> int:
    summary = report.get("summary")
    count = summary.get("totalRejected") if isinstance(summary, dict) else None
    return count if isinstance(count, int) else 0
