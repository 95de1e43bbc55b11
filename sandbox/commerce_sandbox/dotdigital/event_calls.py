"""The import of events (version 3), which is answered before anything is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer, refusal
from commerce_sandbox.dotdigital.events import Event
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.call import Call

_BAD_JSON = "events:badJson"
_MOST_EVENTS = 5_000
_TYPE_LENGTH = 80


def _import(call: Call) -> Answer:
    sent = call.json(_BAD_JSON)
    if not isinstance(sent, list) or not 1 <= len(sent) <= _MOST_EVENTS:
        raise refusal(400, _BAD_JSON, f"1 to {_MOST_EVENTS} events are wanted")
    faults = [(f"[{index}]", fault) for index, fault in enumerate(map(_shape_fault, sent)) if fault is not None]
    if faults:
        raise refusal(400, _BAD_JSON, "Some events are not valid", *faults)
    for event in sent:
        _keep(call.account, event)
    return Answer(202)


def _shape_fault(event: object) -> str | None:
    if not isinstance(event, dict):
        return "an event is an object"
    identity = event.get("contactIdentity")
    if not isinstance(identity, dict) or not isinstance(identity.get("identifier"), str):
        return "contactIdentity with identifier and value is required"
    if not isinstance(identity.get("value"), str):
        return "contactIdentity.value is text"
    type_ = event.get("type")
    if not isinstance(type_, str) or not 1 <= len(type_) <= _TYPE_LENGTH:
        return f"type is text of 1 to {_TYPE_LENGTH} characters"
    if not all(isinstance(event.get(name, ""), str) for name in ("id", "eventTimestamp")):
        return "id and eventTimestamp are texts"
    return None if isinstance(event.get("eventData", {}), dict) else "eventData is an object"


def _keep(account: Account, event: dict[str, object]) -> None:
    """Keep an event if its contact is there; the sender does not learn of it otherwise."""
    identity, data = event["contactIdentity"], event.get("eventData", {})
    if not isinstance(identity, dict) or not isinstance(data, dict):
        return
    contact = account.contacts.find(identity["identifier"], identity["value"])
    if contact is None:
        account.events.lost += 1
        return
    identifier, moment = event.get("id"), event.get("eventTimestamp")
    account.events.events.append(
        Event(
            contact_id=contact.contact_id,
            type=str(event["type"]),
            id=None if identifier is None else str(identifier),
            timestamp=None if moment is None else str(moment),
            data=data,
            received=account.clock.now(),
        )
    )


ENDPOINTS = (Endpoint("POST", "/events/v3/import", Tier.LOW, _import),)
