"""``users/merge``: a guest becomes a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, bad_params, success
from commerce_sandbox.iterable.element_error import ElementError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.identity import Identity
    from commerce_sandbox.iterable.json_value import JsonValue
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project


def merge_users(call: Call) -> Answer:
    """Merge the source into the destination, or rename it if there is no destination.

    Iterable: events and missing fields are copied, values of the destination win, objects are not merged, the
    source is deleted; ``arrayMerge`` unites named arrays. 409 if either was forgotten.
    """
    project, body = call.project, call.body
    try:
        source_identity = _side(project, body, "source")
        destination_identity = _side(project, body, "destination")
    except ElementError as error:
        raise error.as_refusal(project.settings, forgotten_status=409) from error
    source = identities.find(project, source_identity)
    if source is None:
        msg = "The source user does not exist"
        raise bad_params(msg)
    destination = identities.find(project, destination_identity)
    if destination is source:
        msg = "Source and destination are the same user"
        raise bad_params(msg)
    if destination is None:
        _rename(project, source, destination_identity)
        source.updated_at = call.now
    else:
        _merge(project, source, destination, body.get("arrayMerge") or [])
        destination.updated_at = call.now
    return success()


def _side(project: Project, body: Mapping[str, Any], side: str) -> Identity:
    email, user_id = body.get(f"{side}Email"), body.get(f"{side}UserId")
    if (email is None) == (user_id is None):
        msg = f"Set either {side}Email or {side}UserId"
        raise bad_params(msg)
    return identities.read_identity(project, {"email": email, "userId": user_id})


def _rename(project: Project, source: Profile, identity: Identity) -> None:
    if identity.email is not None:
        project.profiles.change_email(source, identity.email)
    else:
        project.profiles.change_user_id(source, identity.user_id)


def _merge(project: Project, source: Profile, destination: Profile, array_merges: Sequence[Mapping[str, str]]) -> None:
    for array_merge in array_merges:
        if array_merge.get("field") is not None:
            _unite_array(source, destination, array_merge["field"], array_merge.get("dedupeBy"))
    destination.data = {**source.data, **destination.data}
    _copy_missing(source, destination)
    for event in source.events.values():
        event.profile = destination
    for purchase in source.purchases.values():
        purchase.profile = destination
    destination.events |= source.events
    destination.purchases |= source.purchases
    source.events, source.purchases = {}, {}
    email, user_id = source.email, source.user_id
    project.profiles.remove(source)
    if destination.email is None and email is not None:
        project.profiles.change_email(destination, email)
    if destination.user_id is None and user_id is not None:
        project.profiles.change_user_id(destination, user_id)


def _copy_missing(source: Profile, destination: Profile) -> None:
    """Copy the cart and the subscriptions that the destination does not have."""
    if destination.cart is None:
        destination.cart = source.cart
    for attribute in ("list_ids", "unsubscribed_channels", "unsubscribed_types", "subscribed_types"):
        if not getattr(destination, attribute):
            setattr(destination, attribute, getattr(source, attribute))


def _unite_array(source: Profile, destination: Profile, name: str, dedupe_by: str | None) -> None:
    """Append those elements of the source's array which the destination's does not have yet."""
    theirs, ours = _as_list(source.data.get(name)), _as_list(destination.data.get(name))
    if not theirs:
        return
    taken = [_dedupe_key(element, dedupe_by) for element in ours]
    fresh = [element for element in theirs if _dedupe_key(element, dedupe_by) not in taken]
    destination.data[name] = [*ours, *fresh]


def _as_list(value: JsonValue) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _dedupe_key(element: JsonValue, dedupe_by: str | None) -> JsonValue:
    if dedupe_by is not None and isinstance(element, dict) and dedupe_by in element:
        return element[dedupe_by]
    return element
