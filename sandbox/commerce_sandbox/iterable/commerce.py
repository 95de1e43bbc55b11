"""``commerce/trackPurchase`` and ``commerce/updateCart``: purchases, and the cart on the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from commerce_sandbox.iterable.answers import Answer, bad_params, success
from commerce_sandbox.iterable.element_error import ElementError
from commerce_sandbox.iterable.event_writes import MAX_ID_BYTES, admit_fields, read_time, store_event
from commerce_sandbox.iterable.field_schema import SchemaChange
from commerce_sandbox.iterable.profile_updates import apply_update, read_update
from commerce_sandbox.iterable.profiles import Purchase
from commerce_sandbox.iterable.user_writes import creates_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project


def track_purchase(call: Call) -> Answer:
    """Store a purchase, create or update its user, and empty the cart on the profile.

    A purchase with the same id is replaced.
    """
    project, body = call.project, call.body
    given_id: str | None = body.get("id")
    if given_id is not None and len(given_id.encode()) > MAX_ID_BYTES:
        msg = "A purchase id has at most 512 bytes"
        raise bad_params(msg)
    created_at = read_time(body.get("createdAt"))
    purchase_change = SchemaChange(project.purchase_schema, project.settings.create_new_fields)
    data = admit_fields(body.get("dataFields") or {}, purchase_change)
    profile, items = _write_user_and_items(project, body, call.now, purchase_change)
    purchase = Purchase(
        given_id or uuid4().hex,
        profile,
        created_at or call.now,
        float(body["total"]),
        items,
        data,
        body.get("campaignId"),
        body.get("templateId"),
        has_own_id=given_id is not None,
        has_own_time=created_at is not None,
        received_at=call.now,
    )
    earlier = project.purchases.get(purchase.purchase_id)
    if earlier is not None:
        del earlier.profile.purchases[purchase.purchase_id]
    project.purchases[purchase.purchase_id] = purchase
    profile.purchases[purchase.purchase_id] = purchase
    profile.cart = []
    return success(params={"id": purchase.purchase_id})


def update_cart(call: Call) -> Answer:
    """Replace the cart on the profile, and store a custom event named ``updateCart`` each time."""
    event = {"eventName": "updateCart", "createdAt": call.body.get("createdAt")}
    read_time(event["createdAt"])
    profile, items = _write_user_and_items(call.project, call.body, call.now)
    profile.cart = items
    store_event(call.project, profile, event, {"updatedShoppingCartItems": items}, call.now)
    return success()


def _write_user_and_items(
    project: Project, body: Mapping[str, Any], now: datetime, *further_changes: SchemaChange
) -> tuple[Profile, list[dict[str, Any]]]:
    """Check user and items, and only when all of it fits write the user.

    Raises:
        RefusalError: If anything does not fit; nothing is written then.
    """
    settings = project.settings
    user: Mapping[str, Any] = body["user"]
    user_change = SchemaChange(project.user_schema, creates_fields(project, user))
    item_change = SchemaChange(project.item_schema, settings.create_new_fields)
    try:
        update = read_update(project, user, user_change)
        items = _admit_items(body["items"], item_change)
        for change in (item_change, *further_changes):
            change.check(settings.event_field_limit, settings.project_id)
        user_change.commit(settings.user_field_limit, settings.project_id)
        profile, _ = apply_update(project, update, now)
    except ElementError as error:
        raise error.as_refusal(settings) from error
    for change in (item_change, *further_changes):
        change.commit(settings.event_field_limit, settings.project_id)
    return profile, items


def _admit_items(items: Sequence[Mapping[str, Any]], change: SchemaChange) -> list[dict[str, Any]]:
    admitted: list[dict[str, Any]] = []
    for item in items:
        stored = {name: value for name, value in item.items() if value is not None}
        stored["price"] = float(item["price"])
        stored["quantity"] = int(item["quantity"])
        if "dataFields" in stored:
            stored["dataFields"] = admit_fields(stored["dataFields"], change)
        admitted.append(stored)
    return admitted
