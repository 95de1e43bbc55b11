"""Single Insight records (version 3), of the account and of contacts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.answer import Answer, refusal, refusal_v2
from commerce_sandbox.dotdigital.contact_calls import find_contact
from commerce_sandbox.dotdigital.insight_calls import collection_summary, find_collection, submit_deletion
from commerce_sandbox.dotdigital.insight_refusal import RecordRefusedError
from commerce_sandbox.dotdigital.paging import page, read_limit, read_marker, read_since
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.insight_store import InsightCollection, InsightRecord

_SERVICE = "insightData"
_PAGE_SIZE = 1_000
_MOST_KEYS = 5_000


def _scope(call: Call) -> tuple[InsightCollection, int | None]:
    """Return the collection of the path and the contact of the path, None in calls on the account's records."""
    if "identifier" not in call.path:
        return find_collection(call, "account"), None
    owner = find_contact(call, _SERVICE).contact_id
    return find_collection(call, "contact"), owner


def _find(call: Call) -> tuple[InsightCollection, InsightRecord]:
    collection, owner = _scope(call)
    key = call.path["recordId"]
    record = collection.records.get(key)
    if record is None or record.owner != owner:
        detail = (key, f"Not found in the collection '{collection.name}'")
        raise refusal(404, "insightData:recordNotFound", "The Insight data record could not be found", detail)
    return collection, record


def _document(record: InsightRecord) -> dict[str, Any]:
    return {**record.document(), "created": timestamp(record.created), "updated": timestamp(record.updated)}


def _get(call: Call) -> Answer:
    return Answer(content=_document(_find(call)[1]))


def _put(call: Call) -> Answer:
    collection, owner = _scope(call)
    sent = call.json("insightData:badJson")
    if not isinstance(sent, dict):
        raise refusal(400, "insightData:badJson", "A record is a JSON object")
    now, limits = call.account.clock.now(), call.settings.insight
    try:
        created = collection.store(call.path["recordId"], sent, owner, now, limits)
    except RecordRefusedError as error:
        reason = error.reason.value
        details = [(call.path["recordId"], text) for text in error.details]
        code = f"insightData:{reason[:1].lower()}{reason[1:]}"
        raise refusal(400, code, "The record is not valid", *details) from error
    return Answer(201 if created else 204)


def _delete(call: Call) -> Answer:
    collection, record = _find(call)
    del collection.records[record.key]
    return Answer(204)


def _delete_by_key(call: Call) -> Answer:
    """Delete a record of a contact by its key alone, as version 2 can."""
    collection = call.account.insight.find(call.path["name"])
    if collection is None or collection.records.pop(call.path["recordId"], None) is None:
        raise refusal_v2(404, "Error: ERROR_TRANSACTIONAL_DATA_NOT_FOUND")
    return Answer(204)


def _delete_records(call: Call) -> Answer:
    collection, owner = _scope(call)
    sent = call.json("insightData:badJson")
    keys = sent.get("keys") if isinstance(sent, dict) else None
    if not isinstance(keys, list) or not keys:
        raise refusal(400, "insightData:noRecordsSpecified", "The keys of the records to delete are needed")
    if len(keys) > _MOST_KEYS or not all(isinstance(key, str) for key in keys):
        raise refusal(400, "insightData:badJson", f"1 to {_MOST_KEYS} keys, which are texts, are wanted")
    not_found: list[str] = []
    for key in keys:
        record = collection.records.get(key)
        if record is None or record.owner != owner:
            not_found.append(key)
        else:
            del collection.records[key]
    summary = {
        "totalRecords": len(keys),
        "totalDeleted": len(keys) - len(not_found),
        "totalNotFound": len(not_found),
    }
    return Answer(content={"summary": summary, "notFound": not_found})


def _list_of_account(call: Call) -> Answer:
    return _page(call, list(find_collection(call, "account").records.values()))


def _list_of_contacts(call: Call) -> Answer:
    collection = find_collection(call, "contact")
    contacts = call.account.contacts
    return _page(call, [record for record in collection.records.values() if record.owner in contacts])


def _list_of_contact(call: Call) -> Answer:
    contact = find_contact(call, _SERVICE)
    return _page(call, find_collection(call, "contact").of_owner(contact.contact_id))


def _page(call: Call, records: list[InsightRecord]) -> Answer:
    limit, marker = min(read_limit(call, _SERVICE, _PAGE_SIZE), _PAGE_SIZE), read_marker(call, _SERVICE)
    modified = read_since(call, "~modified", _SERVICE)
    rest = (
        (position, record)
        for position, record in enumerate(records, start=1)
        if position > marker and (modified is None or record.updated >= modified)
    )
    found = list(islice(rest, limit + 1))
    items = [_document(record) for _, record in found[:limit]]
    next_after = found[limit - 1][0] if len(found) > limit else None
    return Answer(content=page(call, items, begins_after=marker, next_after=next_after))


def _collections_of_contact(call: Call) -> Answer:
    contact = find_contact(call, _SERVICE)
    counted = [
        (collection, len(collection.of_owner(contact.contact_id)))
        for collection in call.account.insight.all()
        if collection.scope == "contact"
    ]
    return Answer(content=[collection_summary(collection, count) for collection, count in counted if count])


def _empty_of_contact(call: Call) -> Answer:
    collection, _ = _scope(call)
    owned = collection.of_owner(find_contact(call, _SERVICE).contact_id)

    def delete() -> None:
        for record in owned:
            collection.records.pop(record.key, None)

    return submit_deletion(call, len(owned), delete)


_CONTACT = "/insightData/v3/contacts/{identifier}/{value}"

ENDPOINTS = (
    Endpoint("GET", "/insightData/v3/account/{name}", Tier.LOW, _list_of_account),
    Endpoint("DELETE", "/insightData/v3/accounts/{name}/deleteRecords", Tier.MEDIUM, _delete_records),
    Endpoint("GET", "/insightData/v3/account/{name}/{recordId}", Tier.HIGH, _get),
    Endpoint("PUT", "/insightData/v3/account/{name}/{recordId}", Tier.MEDIUM, _put),
    Endpoint("DELETE", "/insightData/v3/account/{name}/{recordId}", Tier.MEDIUM, _delete),
    Endpoint("GET", "/insightData/v3/contacts/{name}", Tier.LOW, _list_of_contacts),
    Endpoint("GET", _CONTACT, Tier.MEDIUM, _collections_of_contact),
    Endpoint("GET", f"{_CONTACT}/{{name}}", Tier.MEDIUM, _list_of_contact),
    Endpoint("DELETE", f"{_CONTACT}/{{name}}/deleteRecords", Tier.MEDIUM, _delete_records),
    Endpoint("DELETE", f"{_CONTACT}/{{name}}/empty", Tier.MEDIUM, _empty_of_contact),
    Endpoint("GET", f"{_CONTACT}/{{name}}/{{recordId}}", Tier.HIGH, _get),
    Endpoint("PUT", f"{_CONTACT}/{{name}}/{{recordId}}", Tier.MEDIUM, _put),
    Endpoint("DELETE", f"{_CONTACT}/{{name}}/{{recordId}}", Tier.MEDIUM, _delete),
    Endpoint("DELETE", "/v2/contacts/transactional-data/{name}/{recordId}", Tier.MEDIUM, _delete_by_key),
)
