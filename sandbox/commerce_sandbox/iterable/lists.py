"""Static lists: creating, deleting, subscribing, unsubscribing, reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, RefusalError, bad_params, refusal, success, text
from commerce_sandbox.iterable.bulk_failures import USER_REASONS, BulkFailures, check_batch_size
from commerce_sandbox.iterable.element_error import ElementError
from commerce_sandbox.iterable.field_schema import SchemaChange
from commerce_sandbox.iterable.profile_updates import apply_update
from commerce_sandbox.iterable.project import StaticList
from commerce_sandbox.iterable.user_writes import read_updates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

_PREVIEW_SIZE = 5000


def get_lists(call: Call) -> Answer:
    """Return all lists, the newest first; ``createdAt`` is in epoch milliseconds."""
    newest_first = reversed(call.project.lists.values())
    return Answer({"lists": [_list_document(one) for one in newest_first]})


def create_list(call: Call) -> Answer:
    """Create a list; names are not unique."""
    project = call.project
    name = call.body["name"]
    if not name.strip():
        msg = "The name of a list must not be empty"
        raise bad_params(msg)
    created = StaticList(project.next_list_id, name, call.body.get("description"), call.now)
    project.next_list_id += 1
    project.lists[created.list_id] = created
    return Answer({"listId": created.list_id})


def delete_list(call: Call) -> Answer:
    """Delete a list."""
    list_id = int(call.path["list_id"])
    if list_id not in call.project.lists:
        msg = f"Unable to delete list {list_id} in Project {call.project.settings.project_id}, which does not exist."
        raise bad_params(msg)
    for profile in call.project.members(list_id):
        profile.list_ids.discard(list_id)
    del call.project.lists[list_id]
    return success()


def subscribe(call: Call) -> Answer:
    """Put people on a list; unknown ones are created unless ``updateExistingUsersOnly`` says otherwise.

    Email-based projects ignore ``updateExistingUsersOnly``.
    """
    project, body = call.project, call.body
    subscribers: Sequence[Mapping[str, Any]] = body["subscribers"]
    list_id = _usable_list(call)
    check_batch_size(subscribers, project.settings)
    existing_only = body.get("updateExistingUsersOnly") and project.settings.project_type != "email"
    change = SchemaChange(project.user_schema, project.settings.create_new_fields)
    failures = BulkFailures(USER_REASONS)
    for update in read_updates(project, subscribers, change, failures):
        try:
            if existing_only:
                identities.require(project, update.identity)
            profile, _ = apply_update(project, update, call.now)
        except ElementError as error:
            failures.add(error)
            continue
        profile.list_ids.add(list_id)
    further = {"createdFields": list(change.created), "filteredOutFields": list(change.filtered)}
    return Answer(failures.answer(len(subscribers), **further))


def unsubscribe(call: Call) -> Answer:
    """Take people off a list; ``channelUnsubscribe`` makes them leave the marketing channel as well."""
    project = call.project
    subscribers: Sequence[Mapping[str, Any]] = call.body["subscribers"]
    list_id = _usable_list(call)
    check_batch_size(subscribers, project.settings)
    leaves_channel = call.body.get("channelUnsubscribe")
    if leaves_channel is None:
        leaves_channel = project.settings.channel_unsubscribe_default
    failures = BulkFailures(USER_REASONS)
    for subscriber in subscribers:
        try:
            profile = identities.require(project, identities.read_identity(project, subscriber))
        except ElementError as error:
            failures.add(error)
            continue
        profile.list_ids.discard(list_id)
        if leaves_channel:
            profile.unsubscribed_channels.add(project.channels.list_channel_id)
        profile.updated_at = call.now
    return Answer(failures.answer(len(subscribers)))


def list_size(call: Call) -> Answer:
    """Return the number of members, as text."""
    return text(str(len(_members(call, call.path["list_id"]))))


def list_users(call: Call) -> Answer:
    """Return the members' identifiers, one a line, as text."""
    return text(_identifier_lines(call, _members(call, call.query.get("listId", ""))))


def preview_users(call: Call) -> Answer:
    """Return the first members' identifiers, one a line, as text."""
    size = call.whole_number("size", _PREVIEW_SIZE, _PREVIEW_SIZE)
    return text(_identifier_lines(call, _members(call, call.query.get("listId", ""))[:size]))


def _usable_list(call: Call) -> int:
    """Return the id of the list that a request names.

    Raises:
        RefusalError: 400 with ``error.lists.invalidListId`` if it is unknown, or so new that it is not known yet.
    """
    settings = call.project.settings
    list_id = int(call.body["listId"])
    found = call.project.lists.get(list_id)
    if found is None or (call.now - found.created_at).total_seconds() < settings.list_lag_seconds:
        code = "Success" if settings.errors_carry_success_code else "error.lists.invalidListId"
        params = {"projectId": settings.project_id, "listId": list_id}
        raise refusal(400, code, f"error.lists.invalidListId({list_id})", params)
    return list_id


def _members(call: Call, given: str) -> list[Profile]:
    if not given.isascii() or not given.isdigit() or int(given) not in call.project.lists:
        raise _unknown_list(call.project, given)
    return call.project.members(int(given))


def _unknown_list(project: Project, given: str) -> RefusalError:
    params = {"projectId": str(project.settings.project_id), "listId": given}
    return bad_params("Invalid email list id", params)


def _identifier_lines(call: Call, members: Sequence[Profile]) -> str:
    by_user_id = call.project.settings.project_type == "userid" or (
        call.query.get("preferUserId", "false").lower() == "true"
    )
    identifiers = [
        (member.user_id or member.email) if by_user_id else (member.email or member.user_id) for member in members
    ]
    return "".join(f"{identifier}\n" for identifier in identifiers)


def _list_document(one: StaticList) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": one.list_id,
        "name": one.name,
        "createdAt": int(one.created_at.timestamp() * 1000),
        "listType": "Standard",
    }
    if one.description is not None:
        document["description"] = one.description
    return document
