"""What Dotdigital documents as the answers to each call of this loader, as far as the loader reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.record_schema import RecordSchema

from target_dotdigital.answer_contract import Contract
from target_dotdigital.answers import NO_ROOM, TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "minLength": 1}
_NUMBER: Schema = {"type": "integer"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_OBJECT: Schema = {"type": "object"}
FINISHED = frozenset({"finished", "complete"})


def _object(**required: Schema) -> Schema:
    return {"type": "object", "properties": required, "required": list(required)}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _with(schema: Schema, **optional: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], **optional}}


def _counts(*names: str) -> Callable[[Any], bool]:
    """Return what tells whether a job's report, once the job has ended, counts what became of what it was given.

    The report of another kind of job counts under other names: of this one it tells nothing.
    """

    def tells(report: Any) -> bool:  # noqa: ANN401 - JSON
        return report["status"].lower() not in FINISHED or (report.get("summary") or {}).keys() >= set(names)

    return tells


_CHANNEL = _or_null(_with(_object(), status=_TEXT))
_CONTACT = _with(
    _object(contactId=_NUMBER, identifiers=_OBJECT),
    channelProperties=_or_null(_with(_object(), email=_CHANNEL, sms=_CHANNEL, whatsApp=_CHANNEL)),
    consentRecords=_or_null(_array(_OBJECT)),
    lists=_or_null(_array(_object(id=_NUMBER, status=_TEXT))),
)
# Without the status of its address nobody can tell whether a contact has said no.
_HAS_ADDRESS = {"properties": {"identifiers": _object(email=_TEXT)}}
_HAS_STATUS = _object(channelProperties=_object(email=_object(status=_TEXT)))
_KNOWN_CONTACT: Schema = {**_CONTACT, "if": _HAS_ADDRESS, "then": _HAS_STATUS}
_MARKERS = _with(_object(), next=_or_null(_with(_object(), marker=_TEXT)))


def _page(contact: Schema) -> Schema:
    return _with(_object(_items=_array(contact)), _links=_or_null(_MARKERS))


_COUNTS = {"anyOf": [{"type": "object", "additionalProperties": _NUMBER}, {"type": "null"}]}
_JOB = _with(
    _object(status=_NAME),
    summary=_COUNTS,
    created=_or_null(_array(_object(identifiers=_OBJECT))),
    updated=_or_null(_array(_object(identifiers=_OBJECT))),
    deleted=_or_null(_array(_OBJECT)),
)
_CONTACT_FAILURES = _or_null(_array(_object(failures=_array(_OBJECT))))
_INSIGHT_FAILURES = _or_null(_array(_object(failureReason=_TEXT)))
_PREFERENCES: Schema = {
    **_array({"$ref": "#/$defs/node"}),
    "$defs": {
        "node": {
            **_object(id=_NUMBER, isPreference={"type": "boolean"}),
            "properties": {
                "id": _NUMBER,
                "isPreference": {"type": "boolean"},
                "publicName": _TEXT_OR_NULL,
                "privateName": _TEXT_OR_NULL,
                "preferences": _or_null(_array({"$ref": "#/$defs/node"})),
            },
        }
    },
}


def _json(schema: Schema, **members: Any) -> Contract:
    return Contract(RecordSchema(schema), **members)


_ANY_REFUSAL = frozenset(range(400, 429))
"""Of the questions asked first: the host may be the wrong one, and who answers there is anybody."""

ACCOUNT_INFO = _json(
    _object(properties=_array(_with(_object(name=_TEXT), value=_TEXT_OR_NULL))), unexplained=_ANY_REFUSAL
)
FIRST_PAGE_OF_CONTACTS = _json(_page(_CONTACT), unexplained=_ANY_REFUSAL)
PAGE_OF_CONTACTS = _json(_page(_KNOWN_CONTACT))
CONTACT = _json(_KNOWN_CONTACT, absent=("contactnotfound",))
CREATED_CONTACT = _json(_CONTACT)
UNSUBSCRIBED_CONTACTS = _json(
    _array(_object(suppressedContact=_with(_object(), email=_TEXT_OR_NULL), dateRemoved=_TEXT))
)

IMPORT = _json(_object(importId=_NAME), unexplained=frozenset({TOO_LARGE}), has_slots=True)
CONTACT_REPORT = _json(
    _with(_JOB, failures=_CONTACT_FAILURES),
    tells_enough=_counts("newContacts", "updatedContacts"),
    absent=("importnotfound",),
)
INSIGHT_REPORT = _json(
    _with(_JOB, failures=_INSIGHT_FAILURES),
    tells_enough=_counts("totalImported", "totalRejected"),
    absent=("importnotfound",),
)
CONTACT_DELETION = _json(_object(deleteId=_NAME), unexplained=frozenset({TOO_LARGE}), has_slots=True)
CONTACT_DELETION_REPORT = _json(
    _with(_JOB, failures=_CONTACT_FAILURES), tells_enough=_counts("deletedContacts"), absent=("notfound",)
)

DATA_FIELDS = _json(_array(_object(name=_NAME, type=_TEXT)))
CREATED_DATA_FIELD = _json(_object(name=_NAME))
CUSTOM_IDENTIFIERS = _json(_array(_object(name=_NAME)))
CREATED_CUSTOM_IDENTIFIER = _json(_object(name=_NAME), unexplained=frozenset({NO_ROOM}))
LISTS = _json(_array(_object(id=_NUMBER, name=_TEXT)))
CREATED_LIST = _json(_object(id=_NUMBER))
PREFERENCES = _json(_PREFERENCES)

PROGRAMS = _json(_array(_object(id=_NUMBER, name=_TEXT, status=_TEXT)))
ENROLMENT = _json(_object(id=_NAME), absent=("notfound",))
ENROLMENT_STATUS = _json(_object(status=_NAME))
ENROLMENT_FAULTS = Contract(columns=frozenset({"Id", "Reason"}))

COLLECTION_SCHEMA = _json(_object(schema={"anyOf": [_OBJECT, _array(_OBJECT)]}), absent=("collectionnotfound",))
CREATED_COLLECTION = Contract(bodiless=frozenset({200, 201}), unexplained=frozenset({NO_ROOM}))
INSIGHT_DELETION = _json(
    _object(summary=_object(totalDeleted=_NUMBER, totalNotFound=_NUMBER)),
    absent=("collectionnotfound", "contactnotfound"),
)
DELETION_BY_KEY = Contract(bodiless=frozenset({204}), absent=("notfound",))

_NO_RECORD = ("recordnotfound", "collectionnotfound", "contactnotfound")
INSIGHT_RECORD = _json(_object(json=_OBJECT), absent=_NO_RECORD)
STORED_INSIGHT_RECORD = Contract(bodiless=frozenset({201, 204}), absent=("collectionnotfound",))
DELETED_INSIGHT_RECORD = Contract(bodiless=frozenset({204}), absent=_NO_RECORD)
