"""Insight collections as wholes (version 3): import, list, create, delete, empty, schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.answer import Answer, refusal
from commerce_sandbox.dotdigital.insight_import import InsightImport
from commerce_sandbox.dotdigital.insight_store import COLLECTION_TYPES, SCOPES, is_collection_name
from commerce_sandbox.dotdigital.job_status import job_status
from commerce_sandbox.dotdigital.jobs import JobKind
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.insight_store import InsightCollection, Scope

_BAD_JSON = "insightData:badJson"


def _import(call: Call) -> Answer:
    sent = call.json(_BAD_JSON)
    if not isinstance(sent, dict):
        raise refusal(400, _BAD_JSON, "The request is an object")
    name, scope, type_ = _read_collection(
        sent.get("collectionName"), sent.get("collectionScope"), sent.get("collectionType")
    )
    records = sent.get("records")
    if not isinstance(records, list) or not records:
        raise refusal(400, "insightData:noRecordsSpecified", "At least one record is needed")
    details = [
        (f"records[{index}]", fault) for index, fault in enumerate(map(_shape_fault, records)) if fault is not None
    ]
    if details:
        raise refusal(400, _BAD_JSON, "Some records have the wrong shape", *details)
    account = call.account
    known = account.insight.find(name)
    if known is not None and (known.scope, known.type) != (scope, type_):
        text = f"The collection exists with scope {known.scope} and type {known.type}"
        raise refusal(400, "insightData:invalidCollection", text, (name, "Scope and type cannot be changed"))
    if account.jobs.running(JobKind.INSIGHT_IMPORT) >= call.settings.max_insight_imports:
        raise refusal(429, "insightData:tooManyActiveImports", "Too many imports are running; wait for one to end")
    due = account.clock.seconds() + call.settings.insight_import_seconds
    work = InsightImport(account, name, scope, type_)
    job = account.jobs.submit(JobKind.INSIGHT_IMPORT, due, len(records), lambda: work.run(records))
    return Answer(202, {"importId": job.id})


def _read_collection(name: object, scope: object, type_: object) -> tuple[str, Scope, str]:
    """Return name, scope and type of a collection, checked."""
    if not isinstance(name, str) or not is_collection_name(name):
        raise refusal(400, "insightData:invalidId", "The collectionName value is invalid")
    if scope not in SCOPES:
        raise refusal(400, _BAD_JSON, "The request is not valid", ("collectionScope", "account or contact"))
    if not isinstance(type_, str) or type_ not in COLLECTION_TYPES:
        text = ", ".join(sorted(COLLECTION_TYPES))
        raise refusal(400, _BAD_JSON, "The request is not valid", ("collectionType", text))
    return name, "contact" if scope == "contact" else "account", type_


def _shape_fault(record: object) -> str | None:
    """Return what is wrong with the JSON types around a record; its content is looked at later."""
    if not isinstance(record, dict):
        return "a record is an object"
    if not isinstance(record.get("key", ""), str):
        return "key is text"
    if "contactIdentity" not in record:
        return None
    identity = record["contactIdentity"]
    if not isinstance(identity, dict) or not isinstance(identity.get("identifier"), str) or "value" not in identity:
        return "contactIdentity has identifier and value"
    return None if isinstance(identity["value"], str | None) else "contactIdentity.value is text"


def _import_status(call: Call) -> Answer:
    return job_status(
        call,
        JobKind.INSIGHT_IMPORT,
        "importId",
        ("insightData:importNotFound", "import request"),
        pending=("NotStarted", "Processing"),
        finished=call.settings.insight_finished_word,
    )


def collection_summary(collection: InsightCollection, records: int) -> dict[str, Any]:
    """Return a collection as lists of collections show it."""
    return {
        "collectionName": collection.name,
        "collectionType": collection.type,
        "collectionScope": collection.scope,
        "recordCount": records,
    }


def _list(call: Call) -> Answer:
    collections = call.account.insight.all()
    return Answer(content=[collection_summary(known, len(known.records)) for known in collections])


def _list_of_account(call: Call) -> Answer:
    collections = [known for known in call.account.insight.all() if known.scope == "account"]
    return Answer(content=[collection_summary(known, len(known.records)) for known in collections])


def _create(call: Call) -> Answer:
    name, scope, type_ = _read_collection(
        call.path["name"], call.query.get("collectionScope"), call.query.get("collectionType")
    )
    insight = call.account.insight
    known = insight.find(name)
    if known is not None:
        return Answer(200)
    if len(insight.all()) >= call.settings.max_collections:
        return Answer(412)
    insight.add(name, scope, type_)
    return Answer(201)


def find_collection(call: Call, scope: str | None = None) -> InsightCollection:
    """Return the collection that the path names.

    Args:
        call: The call.
        scope: The scope it must have; None takes both.

    Raises:
        Refusal: 400 for a name that cannot be, 404 for a collection that is not there.
    """
    name = call.path["name"]
    if not is_collection_name(name):
        raise refusal(400, "insightData:invalidId", "The collectionName value is invalid")
    collection = call.account.insight.find(name)
    if collection is None or scope not in {None, collection.scope}:
        text = "The collection could not be found"
        raise refusal(404, "insightData:collectionNotFound", text, (name, "Not found"))
    return collection


def _delete(call: Call) -> Answer:
    collection = find_collection(call)
    return submit_deletion(call, len(collection.records), lambda: call.account.insight.remove(collection))


def _empty(call: Call) -> Answer:
    collection = find_collection(call)
    return submit_deletion(call, len(collection.records), collection.records.clear)


def submit_deletion(call: Call, records: int, delete: Callable[[], None]) -> Answer:
    """Accept a job that deletes records and return the answer that names it."""

    def work() -> dict[str, Any]:
        delete()
        return {"summary": {"totalRecords": records, "totalProcessed": records, "totalFailed": 0}, "failures": []}

    due = call.account.clock.seconds() + call.settings.insight_import_seconds
    job = call.account.jobs.submit(JobKind.INSIGHT_DELETION, due, records, work)
    return Answer(202, {"jobId": job.id})


def _job_status(call: Call) -> Answer:
    return job_status(call, JobKind.INSIGHT_DELETION, "jobId", ("insightData:asyncJobNotFound", "job"))


def _schema(call: Call) -> Answer:
    collection = find_collection(call)
    columns: list[dict[str, Any]] = [{"name": "key", "mode": "NULLABLE", "type": "STRING", "fields": []}]
    if collection.scope == "contact":
        columns.append({"name": "contactIdentifier", "mode": "REQUIRED", "type": "INTEGER", "fields": []})
    fields = collection.schema.documents()
    columns.append({"name": "json", "mode": "NULLABLE", "type": "RECORD", "fields": fields})
    return Answer(content={"collectionName": collection.name, "collectionType": collection.type, "schema": columns})


ENDPOINTS = (
    Endpoint("PUT", "/insightData/v3/import", Tier.LOW, _import),
    Endpoint("GET", "/insightData/v3/import/{importId}", Tier.UNLIMITED, _import_status),
    Endpoint("GET", "/insightData/v3/async/{jobId}", Tier.UNLIMITED, _job_status),
    Endpoint("GET", "/insightData/v3/collections", Tier.HIGH, _list),
    Endpoint("GET", "/insightData/v3/account", Tier.HIGH, _list_of_account),
    Endpoint("POST", "/insightData/v3/collections/{name}", Tier.MEDIUM, _create),
    Endpoint("DELETE", "/insightData/v3/collections/{name}", Tier.MEDIUM, _delete),
    Endpoint("DELETE", "/insightData/v3/collections/{name}/empty", Tier.MEDIUM, _empty),
    Endpoint("GET", "/insightData/v3/collections/{name}/schema", Tier.HIGH, _schema),
)
