"""Reading the events of one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from commerce_sandbox.iterable.answers import Answer, bad_params, invalid_email, text
from commerce_sandbox.iterable.field_values import written_date
from commerce_sandbox.iterable.identifiers import is_email
from commerce_sandbox.iterable.profiles import Purchase

if TYPE_CHECKING:
    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.profiles import Event, Profile

_DEFAULT_EVENTS: Final = 30
_MOST_EVENTS: Final = 200


def events_by_email(call: Call) -> Answer:
    """Return the newest events of a user by address (``GET /api/events/{email}``)."""
    return _newest(call, _profile_by_email(call, call.path["email"]))


def events_by_user_id(call: Call) -> Answer:
    """Return the newest events of a user by id (``GET /api/events/byUserId/{userId}``)."""
    return _newest(call, call.project.profiles.with_user_id(call.path["user_id"]))


def export_user_events(call: Call) -> Answer:
    """Return all events of a user, one JSON document per line (``GET /api/export/userEvents``)."""
    profile = _queried_profile(call)
    with_custom = call.query.get("includeCustomEvents", "false").lower() == "true"
    documents = [] if profile is None else _documents(profile, with_custom=with_custom)
    lines = "".join(msgspec.json.encode(document).decode() + "\n" for document in documents)
    return text(lines, media_type="application/x-json-stream")


def _queried_profile(call: Call) -> Profile | None:
    email, user_id = call.query.get("email"), call.query.get("userId")
    if email is not None:
        return _profile_by_email(call, email)
    if user_id is not None:
        return call.project.profiles.with_user_id(user_id)
    msg = "Either email or userId must be set"
    raise bad_params(msg)


def _profile_by_email(call: Call, email: str) -> Profile | None:
    if not is_email(email):
        raise invalid_email(email)
    return call.project.profiles.with_email(email.lower())


def _newest(call: Call, profile: Profile | None) -> Answer:
    limit = call.whole_number("limit", _DEFAULT_EVENTS, _MOST_EVENTS)
    documents = [] if profile is None else _documents(profile, with_custom=True)
    return Answer({"events": documents[:limit]})


def _documents(profile: Profile, *, with_custom: bool) -> list[dict[str, Any]]:
    happened: list[Event | Purchase] = [*profile.purchases.values()]
    if with_custom:
        happened.extend(profile.events.values())
    happened.sort(key=lambda one: one.created_at, reverse=True)
    return [_document(one) for one in happened]


def _document(one: Event | Purchase) -> dict[str, Any]:
    document: dict[str, Any] = {"createdAt": written_date(one.created_at)}
    if one.profile.email is not None:
        document["email"] = one.profile.email
    if one.profile.user_id is not None:
        document["userId"] = one.profile.user_id
    if one.campaign_id is not None:
        document["campaignId"] = one.campaign_id
    if one.template_id is not None:
        document["templateId"] = one.template_id
    return document | _own_members(one)


def _own_members(one: Event | Purchase) -> dict[str, Any]:
    if isinstance(one, Purchase):
        return {
            "eventType": "purchase",
            "id": one.purchase_id,
            "total": one.total,
            "shoppingCartItems": one.items,
            "dataFields": one.data,
        }
    return {"eventType": "customEvent", "eventName": one.name, "id": one.event_id, "dataFields": one.data}
