"""Incremental subscriptions: one list, message type or channel at a time. Must be enabled by the vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, RefusalError, bad_params, refusal, success
from commerce_sandbox.iterable.element_error import ElementError, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

    Membership = Callable[[Profile, bool], None]


def subscribe_email(call: Call) -> Answer:
    """Subscribe a user by address (``PATCH .../user/{email}``)."""
    return _change_one(call, call.path["email"], None, subscribes=True)


def unsubscribe_email(call: Call) -> Answer:
    """Unsubscribe a user by address (``DELETE .../user/{email}``)."""
    return _change_one(call, call.path["email"], None, subscribes=False)


def subscribe_user_id(call: Call) -> Answer:
    """Subscribe a user by id (``PATCH .../byUserId/{userId}``)."""
    return _change_one(call, None, call.path["user_id"], subscribes=True)


def unsubscribe_user_id(call: Call) -> Answer:
    """Unsubscribe a user by id (``DELETE .../byUserId/{userId}``)."""
    return _change_one(call, None, call.path["user_id"], subscribes=False)


def change_many(call: Call) -> Answer:
    """Subscribe or unsubscribe many users (``PUT ...?action=``): 202, and no failures per user."""
    membership = _membership(call)
    action = call.query.get("action", "subscribe")
    if action not in {"subscribe", "unsubscribe"}:
        msg = "action must be subscribe or unsubscribe"
        raise bad_params(msg)
    people: list[tuple[str | None, str | None]] = [(email, None) for email in call.body.get("users") or []]
    people += [(None, user_id) for user_id in call.body.get("usersByUserId") or []]
    for email, user_id in people:
        try:
            profile = _person(call, email, user_id)
        except ElementError:
            continue
        membership(profile, action == "subscribe")
    return success("Accepted a request for bulk subscription actions", status=202)


def _change_one(call: Call, email: str | None, user_id: str | None, *, subscribes: bool) -> Answer:
    membership = _membership(call)
    try:
        profile = _person(call, email, user_id)
    except ElementError as error:
        raise error.as_refusal(call.project.settings, forgotten_status=400) from error
    membership(profile, subscribes)
    return success()


def _person(call: Call, email: str | None, user_id: str | None) -> Profile:
    """Return the person, created if unknown and the project's settings let these calls create people."""
    identity = identities.read_identity(call.project, {"email": email, "userId": user_id})
    profile = identities.find(call.project, identity)
    if profile is None:
        settings = call.project.settings
        if settings.project_type != "email" and not settings.incremental_creates_people:
            raise identity.error(Reason.NOT_FOUND, "User does not exist")
        profile = identities.create(call.project, identity, call.now, prefer_user_id=False)
    profile.updated_at = call.now
    return profile


def _membership(call: Call) -> Membership:
    """Return what (un)subscribing from the group in the path does to a profile.

    Raises:
        RefusalError: 404 if the feature is off or the id unknown, 400 for another kind of group.
    """
    project = call.project
    if not project.settings.incremental_subscriptions:
        raise _not_found()
    group, group_id = call.path["group"].lower(), int(call.path["group_id"])
    kinds: dict[str, Callable[[Project, int], Membership]] = {
        "emaillist": _list_membership,
        "messagetype": _type_membership,
        "messagechannel": _channel_membership,
    }
    if group not in kinds:
        msg = f"Unknown subscription group: {call.path['group']}"
        raise bad_params(msg)
    return kinds[group](project, group_id)


def _list_membership(project: Project, list_id: int) -> Membership:
    if list_id not in project.lists:
        raise _not_found()

    def change(profile: Profile, subscribes: bool) -> None:  # noqa: FBT001 - the signature of Membership
        _set_member(profile.list_ids, list_id, wanted=subscribes)

    return change


def _type_membership(project: Project, type_id: int) -> Membership:
    message_type = project.channels.message_types.get(type_id)
    if message_type is None:
        raise _not_found()

    def change(profile: Profile, subscribes: bool) -> None:  # noqa: FBT001 - the signature of Membership
        _set_member(profile.unsubscribed_types, type_id, wanted=not subscribes)
        if message_type.policy == "OptIn":
            _set_member(profile.subscribed_types, type_id, wanted=subscribes)

    return change


def _channel_membership(project: Project, channel_id: int) -> Membership:
    if channel_id not in project.channels.channels:
        raise _not_found()

    def change(profile: Profile, subscribes: bool) -> None:  # noqa: FBT001 - the signature of Membership
        _set_member(profile.unsubscribed_channels, channel_id, wanted=not subscribes)

    return change


def _set_member(ids: set[int], one: int, *, wanted: bool) -> None:
    if wanted:
        ids.add(one)
    else:
        ids.discard(one)


def _not_found() -> RefusalError:
    """Return the refusal for a group that is unknown, and for a project without the feature."""
    return refusal(404, "NotFound", "Endpoint not found")
