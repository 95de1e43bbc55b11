"""What Dotdigital is documented to answer, row by row: failure codes and reasons, tokens, status words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess, LoaderResult

    Loader = Callable[..., LoaderProcess]

CONTACT_CODES = [
    "invalidEmail",
    "invalidPhoneNumber",
    "invalidDomain",
    "invalidContactId",
    "apiSchemaViolation",
    "invalidContact",
    "duplicate",
    "duplicateIdentifier",
    "noValidIdentifiers",
    "invalidMatchIdentifier",
    "invalidAddressBookIds",
    "invalidContactStatus",
    "globallySuppressed",
    "suppressedByDomain",
    "blocker",
    "neverHeardOf",
]
SENT_ONCE_MORE = [
    "ContactEmailDoesNotExist",
    "ContactIdDoesNotExist",
    "ContactPhoneNumberDoesNotExist",
    "ContactCustomIdentifierValueDoesNotExist",
    "MissingCollection",
    "KeyExistingForDifferentContact",
    "Unknown",
]
INSIGHT_REASONS = [
    *SENT_ONCE_MORE,
    "InvalidContactIdentifier",
    "InvalidContactIdentifierType",
    "InvalidClientKey",
    "DuplicateKey",
    "InvalidJson",
    "JsonContainsNestedArray",
    "JsonKeyTooLong",
    "JsonKeyInvalidCharacters",
    "JsonValueTooLong",
    "JsonNumberValueTooLarge",
    "JsonContainsDashUnderscoreClash",
    "TooManyDistinctKeyValuePairs",
    "InconsistentTypes",
    "JsonValueIncompatibleWithSchema",
    "JsonDoesNotMatchSchema",
    "NeverHeardOf",
]
IMPORT, INSIGHT = "contacts/v3/import$", "insightData/v3/import$"
POLL, INSIGHT_POLL = "contacts/v3/import/", "insightData/v3/import/"


def contacts(*emails: str, **members: Any) -> list[str]:
    records = [{"matchIdentifier": "email", "identifiers": {"email": email}, **members} for email in emails]
    return [schema_line("contacts", {}), *(record_line("contacts", record) for record in records)]


def orders(*keys: str) -> list[str]:
    identity = {"identifier": "email", "value": "ann@example.org"}
    records = [{"key": key, "contactIdentity": identity, "json": {"id": key}} for key in keys]
    return [schema_line("orders", {}), *(record_line("orders", record) for record in records)]


def stored_orders(sandbox: RunningSandbox) -> list[str]:
    collection = sandbox.snapshot("dotdigital")["collections"].get("Orders", {"records": {}})
    return sorted(collection["records"])


def answers(sandbox: RunningSandbox, method: str, path: str, times: int | None = 1, **answer: Any) -> None:
    action = {"kind": "respond", "status": 200, **answer}
    sandbox.order_fault(action, service="dotdigital", method=method, path=path, times=times)


def rejected_codes(result: LoaderResult, stream: str) -> dict[str, str]:
    """Return the code of each rejected record, by its key or address."""
    return {
        str(item["record"].get("key") or item["record"]["identifiers"]["email"]): item["rejected"]["code"]
        for item in result.rejects
        if item["type"] == "RECORD" and item["stream"] == stream
    }


@pytest.mark.parametrize("spelling", ["camel", "pascal"])
def test_each_failure_code_of_a_contact_rejects_that_contact_alone(
    sandbox: RunningSandbox, loader: Loader, spelling: str
) -> None:
    codes = CONTACT_CODES if spelling == "camel" else [code[0].upper() + code[1:] for code in CONTACT_CODES]
    emails = {f"p{number}@example.org": code for number, code in enumerate(codes)}
    failures = [
        {
            "matchIdentifier": "email",
            "identifiers": {"email": email},
            "failures": [{"failureCode": code, "description": f"'{email}' is not right"}],
        }
        for email, code in emails.items()
    ]
    written = [{"contactId": 1, "identifiers": {"email": "good@example.org"}}]
    summary = {"newContacts": 1, "updatedContacts": 0, "invalidEntries": len(failures)}
    report = {"status": "FINISHED", "summary": summary, "created": written, "updated": [], "failures": failures}
    answers(sandbox, "GET", POLL, body=report)
    imports = len(sandbox.requests(service="dotdigital", method="PUT", path=IMPORT))
    lines = contacts(*emails, "good@example.org", dataFields={"FIRSTNAME": "Kim"})
    result = loader(max_rejects=99).run([*lines, state_line({"done": True})])
    assert result.code == 0, result.log
    assert result.counts("contacts") == (len(codes) + 1, 1, len(codes), 0)
    assert rejected_codes(result, "contacts") == emails
    # Nobody who is barred, or anybody else, is tried again.
    assert len(sandbox.requests(service="dotdigital", method="PUT", path=IMPORT)) - imports == 1
    assert result.states == [{"done": True}]
    assert "example.org" not in result.log


def test_each_failure_reason_of_an_insight_record_rejects_that_record_alone(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    failures = [{"key": f"K-{reason}", "failureReason": reason, "details": []} for reason in INSIGHT_REASONS]
    summary = {"totalRecords": len(failures) + 1, "totalImported": 1, "totalRejected": len(failures)}
    answers(sandbox, "GET", INSIGHT_POLL, body={"status": "Finished", "summary": summary, "failures": failures})
    again = [failure for failure in failures if failure["failureReason"] in SENT_ONCE_MORE]
    summary = {"totalRecords": len(again), "totalImported": 0, "totalRejected": len(again)}
    answers(sandbox, "GET", INSIGHT_POLL, body={"status": "COMPLETE", "summary": summary, "failures": again})
    imports = len(sandbox.requests(service="dotdigital", method="PUT", path=INSIGHT))
    made = len(sandbox.requests(service="dotdigital", method="POST", path="insightData/v3/collections/Orders$"))
    result = loader(max_rejects=99).run(orders(*(f"K-{reason}" for reason in INSIGHT_REASONS), "GOOD"))
    assert result.code == 0, result.log
    count = len(INSIGHT_REASONS)
    assert result.counts("orders") == (count + 1, 1, count, 0)
    assert rejected_codes(result, "orders") == {f"K-{reason}": reason for reason in INSIGHT_REASONS}
    first, second = sandbox.requests(service="dotdigital", method="PUT", path=INSIGHT)[imports:]
    assert len(first["body"]["records"]) == count + 1
    assert {record["key"] for record in second["body"]["records"]} == {f"K-{reason}" for reason in SENT_ONCE_MORE}
    creations = sandbox.requests(service="dotdigital", method="POST", path="insightData/v3/collections/Orders$")
    assert len(creations) - made == 1


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("PUT", IMPORT, {"status": 500, "body": {"message": "Error: ERROR_UNKNOWN"}}),
        ("PUT", INSIGHT, {"status": 500}),
        ("PUT", INSIGHT, {"status": 503, "body": {"message": "ERROR_TRANSACTIONAL_DATA_COLLECTION_IS_RESTORING"}}),
        ("PUT", INSIGHT, {"status": 429, "body": {"errorCode": "insightData:tooManyActiveImports"}}),
        ("PUT", INSIGHT, {"status": 409, "body": {"errorCode": "insightData:tooManyImports", "description": "-"}}),
        # Of the hourly limit, in words alone.
        ("PUT", INSIGHT, {"status": 400, "body": {"message": "Your account has generated excess API activity"}}),
        ("GET", "v3/email/", {"status": 400, "body": {"message": "ERROR_APIUSAGE_EXCEEDED: 2000 calls an hour"}}),
        ("GET", INSIGHT_POLL, {"body": {"status": "NotStarted"}}),
        ("GET", INSIGHT_POLL, {"body": {"status": "NotFinished"}}),
        ("GET", INSIGHT_POLL, {"body": {"status": "Processing"}}),
        ("GET", INSIGHT_POLL, {"body": {"status": "Unheard of"}}),
        ("GET", INSIGHT_POLL, {"body": {"status": "Unknown"}}),
        ("GET", INSIGHT_POLL, {"status": 404, "body": {"errorCode": "insightData:importNotFound"}}),
        ("GET", POLL, {"body": {"status": "Unknown"}}),
        ("GET", POLL, {"status": 404, "body": {"message": "Error: ERROR_IMPORT_NOT_FOUND"}}),
        ("GET", "v3/delete/", {"body": {"status": "NotStarted"}}),
        ("GET", "v3/delete/", {"body": {"status": "NotFinished"}}),
        ("POST", "v2/data-fields", {"status": 400, "body": {"message": "Exists. ERROR_NON_UNIQUE_DATAFIELD"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.get("body"))[:60],
)
def test_what_passes_leaves_no_trace(
    sandbox: RunningSandbox, loader: Loader, method: str, path: str, answer: dict[str, Any]
) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "gone@example.org"}}])
    answers(sandbox, method, path, **answer)
    fields = {"FIRSTNAME": "Kim"} if "data-fields" in path else {"POINTS": 1}
    gone = [schema_line("deleted_contacts", {}), record_line("deleted_contacts", {"email": "gone@example.org"})]
    lines = [*contacts("ann@example.org", dataFields=fields), *orders("O-1"), *gone, state_line({"done": True})]
    result = loader(poll_seconds=0.3).run(lines)
    assert result.code == 0, result.log
    assert [result.counts(stream) for stream in ("contacts", "orders", "deleted_contacts")] == [(1, 1, 0, 0)] * 3
    assert result.states == [{"done": True}]
    snapshot = sandbox.snapshot("dotdigital")
    (ann,) = snapshot["contacts"]
    assert (ann["status"], ann["dataFields"]) == ("unsubscribed", fields)
    assert stored_orders(sandbox) == ["O-1"]
    assert snapshot["recycle_bin"] == ["gone@example.org"]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ({"message": "Error: ERROR_CONTACT_SUPPRESSED"}, "ERROR_CONTACT_SUPPRESSED"),
        ({"message": "ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK here"}, "ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK"),
        ({"message": "Error: ERROR_EMAIL_BANNED"}, "ERROR_EMAIL_BANNED"),
        ({"message": "Error: ERROR_INVALID_EMAIL"}, "ERROR_INVALID_EMAIL"),
        ({"message": "Error: ERROR_CONTACT_INVALID"}, "ERROR_CONTACT_INVALID"),
        # Both spellings of the inner text are read.
        (
            {"errorCode": "contacts:invalidId", "details": [{"item": "email", "error": "'ann@example.org' is wrong"}]},
            "contacts:invalidId",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_person_whom_the_account_refuses_is_rejected_and_never_tried_again(
    sandbox: RunningSandbox, loader: Loader, code: dict[str, Any], word: str
) -> None:
    answers(sandbox, "POST", "contacts/v3$", None, status=400, body=code)
    before = len(sandbox.requests(service="dotdigital", method="POST", path="contacts/v3$"))
    result = loader(max_rejects=1).run(contacts("ann@example.org", dataFields={"FIRSTNAME": "Ann"}))
    assert result.code == 0, result.log
    assert result.counts("contacts") == (1, 0, 1, 0)
    assert rejected_codes(result, "contacts") == {"ann@example.org": word}
    assert len(sandbox.requests(service="dotdigital", method="POST", path="contacts/v3$")) - before == 1
    assert "example.org" not in result.log
    assert sandbox.snapshot("dotdigital")["contacts"] == []


@pytest.mark.parametrize("code", ["contacts:idAlreadyExists", "contacts:identifierConflict", "IdentifierConflict"])
def test_whoever_was_made_by_somebody_else_meanwhile_keeps_what_they_said(
    sandbox: RunningSandbox, loader: Loader, code: str
) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    answers(sandbox, "GET", "v3/email/ann", status=404, body={"errorCode": "contacts:contactNotFound"})
    answers(sandbox, "POST", "contacts/v3$", status=409, body={"errorCode": code, "description": "held by another"})
    result = loader().run(contacts("ann@example.org", dataFields={"FIRSTNAME": "Ann"}))
    assert result.code == 0, result.log
    (ann,) = sandbox.snapshot("dotdigital")["contacts"]
    assert (ann["status"], ann["dataFields"]) == ("subscribed", {"FIRSTNAME": "Ann"})


@pytest.mark.parametrize(
    ("method", "path", "answer", "text"),
    [
        (
            "PUT",
            INSIGHT,
            {"status": 400, "body": {"message": "ERROR_TRANSACTIONAL_DATA_STORAGE_ALLOWANCE_EXCEEDED"}},
            "the account's storage is full",
        ),
        ("PUT", IMPORT, {"status": 400, "body": {"message": "ERROR_CONTACT_TOOMANY"}}, "takes no more contacts"),
        ("PUT", IMPORT, {"status": 401, "body": {"message": "ERROR_APIUSER_INVALID"}}, "username and password"),
        ("PUT", INSIGHT, {"status": 401}, "username and password"),
        ("PUT", INSIGHT, {"status": 403}, "forbids this"),
        ("POST", "v2/data-fields", {"status": 400, "body": {"message": "ERROR_DATAFIELD_INVALID"}}, "POINTS"),
        (
            "GET",
            "collections/Orders/schema",
            {"status": 400, "body": {"errorCode": "insightData:invalidId"}},
            "does not tell the schema of 'Orders'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_record_escapes_ends_the_run_and_rejects_nobody(
    sandbox: RunningSandbox, loader: Loader, method: str, path: str, answer: dict[str, Any], text: str
) -> None:
    lines = [*contacts("ann@example.org", dataFields={"POINTS": 1}), *orders("O-1", "O-2"), state_line({"done": True})]
    answers(sandbox, method, path, None, **answer)
    result = loader().run(lines)
    assert result.code == 1
    (error,) = result.errors
    assert text in error
    assert result.states == []
    assert result.rejects == []
    assert "example.org" not in result.log
    sandbox.clear_faults()
    again = loader().run(lines)
    assert again.code == 0, again.log
    assert stored_orders(sandbox) == ["O-1", "O-2"]


def test_an_account_that_holds_all_the_collections_it_may_ends_the_run(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"max_collections": 0})
    result = loader().run([*contacts("ann@example.org"), *orders("O-1")])
    assert result.code == 1
    assert "does not create the Insight collection 'Orders'" in result.errors[0]


def test_an_import_of_insight_data_that_is_not_understood_is_narrowed(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run(contacts("ann@example.org")).code == 0
    refusal = {"status": 400, "body": {"errorCode": "insightData:badJson", "description": "no"}}
    action = {"kind": "respond", **refusal}
    sandbox.order_fault(action, service="dotdigital", method="PUT", path=INSIGHT, body="O-13", times=None)
    result = loader(max_rejects=1).run(orders(*(f"O-{number}" for number in range(10, 30))))
    assert result.counts("orders") == (20, 19, 1, 0)
    assert rejected_codes(result, "orders") == {"O-13": "insightData:badJson"}


@pytest.mark.parametrize(
    ("status", "word", "in_words"),
    [
        (422, "ERROR_PROGRAM_NOT_ACTIVE", "Dotdigital does not enrol it (ERROR_PROGRAM_NOT_ACTIVE"),
        (404, "ERROR_PROGRAM_NOT_FOUND", "Dotdigital does not enrol it (ERROR_PROGRAM_NOT_FOUND"),
        (400, "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED", "the account has made its 20 enrolments of this hour"),
    ],
)
def test_an_enrolment_that_is_refused_can_be_replayed(
    sandbox: RunningSandbox, loader: Loader, status: int, word: str, in_words: str
) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    answers(sandbox, "POST", "programs/enrolments$", status=status, body={"message": f"Error: {word}"})
    wish = [
        schema_line("program_enrolments", {}),
        record_line("program_enrolments", {"email": "ann@example.org", "program": 1}),
    ]
    refused = loader(max_rejects=1).run(wish)
    assert refused.counts("program_enrolments") == (1, 0, 1, 0)
    assert next(iter(refused.reasons("program_enrolments"))).startswith(in_words)
    assert loader().run(wish).counts("program_enrolments") == (1, 1, 0, 0)
    assert sandbox.snapshot("dotdigital")["program_members"] == {"1": ["ann@example.org"]}


def test_a_deletion_that_is_refused_for_one_is_rejected_for_one(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    people = ("ann@example.org", "nobody@example.org", "no-at-sign")
    lines = [record_line("deleted_contacts", {"email": email}) for email in people]
    result = loader(max_rejects=1).run([schema_line("deleted_contacts", {}), *lines])
    assert result.code == 0, result.log
    assert result.counts("deleted_contacts") == (3, 1, 1, 1)
    assert sandbox.snapshot("dotdigital")["recycle_bin"] == ["ann@example.org"]
