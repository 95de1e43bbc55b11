"""``users/update``, ``users/bulkUpdate``, ``users/updateEmail`` and the deletion of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, bad_params, invalid_email, refusal, success
from commerce_sandbox.iterable.bulk_failures import USER_REASONS, BulkFailures, check_batch_size
from commerce_sandbox.iterable.element_error import ElementError, Reason
from commerce_sandbox.iterable.field_schema import SchemaChange
from commerce_sandbox.iterable.identifiers import is_email
from commerce_sandbox.iterable.profile_updates import ProfileUpdate, apply_update, read_update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.identity import Identity
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project


def update_user(call: Call) -> Answer:
    """Create or update one user (``POST /api/users/update``)."""
    try:
        write_user(call.project, call.body, call.now)
    except ElementError as error:
        raise error.as_refusal(call.project.settings) from error
    return success()


def write_user(project: Project, element: Mapping[str, Any], now: datetime) -> Profile:
    """Create or update the user of a request about one user.

    Raises:
        RefusalError: If the fields do not fit the project's schema, or nobody is named.
        ElementError: If the element is at fault.
    """
    change = SchemaChange(project.user_schema, creates_fields(project, element))
    update = read_update(project, element, change)
    change.commit(project.settings.user_field_limit, project.settings.project_id)
    return apply_update(project, update, now)[0]


def creates_fields(project: Project, body: Mapping[str, Any]) -> bool:
    """Tell whether a request adds unknown fields: ``createNewFields``, else the project's setting."""
    wish: bool | None = body.get("createNewFields")
    return project.settings.create_new_fields if wish is None else wish


def bulk_update_users(call: Call) -> Answer:
    """Create or update many users (``POST /api/users/bulkUpdate``).

    Recorded: an empty ``users`` is refused with ``InvalidEmailAddressError``.
    """
    users: Sequence[Mapping[str, Any]] = call.body["users"]
    if not users:
        raise refusal(400, "InvalidEmailAddressError", "Emails invalid: ")
    check_batch_size(users, call.project.settings)
    change = SchemaChange(call.project.user_schema, creates_fields(call.project, call.body))
    failures = BulkFailures(USER_REASONS)
    updates = read_updates(call.project, users, change, failures)
    no_op: dict[str, list[str]] = {"noOpEmails": [], "noOpUserIds": []}
    for update in updates:
        try:
            _, changed = apply_update(call.project, update, call.now)
        except ElementError as error:
            failures.add(_as_invalid(error))
            continue
        if not changed:
            _list_no_op(no_op, update.identity)
    return Answer(
        failures.answer(
            len(users), createdFields=list(change.created), filteredOutFields=list(change.filtered), **no_op
        )
    )


def read_updates(
    project: Project,
    elements: Sequence[Mapping[str, Any]],
    change: SchemaChange,
    failures: BulkFailures,
) -> list[ProfileUpdate]:
    """Check all elements of a bulk request and commit the new fields.

    Raises:
        RefusalError: If the fields of any element do not fit the schema: then the whole batch fails.
    """
    updates: list[ProfileUpdate] = []
    for element in elements:
        try:
            updates.append(read_update(project, element, change))
        except ElementError as error:  # noqa: PERF203 - one bad element does not stop the others
            failures.add(error)
    change.commit(project.settings.user_field_limit, project.settings.project_id)
    return updates


def update_email(call: Call) -> Answer:
    """Move a profile with its events to another address (``POST /api/users/updateEmail``)."""
    body, project = call.body, call.project
    current_email, current_user_id = body.get("currentEmail"), body.get("currentUserId")
    if project.settings.project_type != "email":
        msg = "This endpoint is for email-based projects. Use /api/users/update"
        raise bad_params(msg)
    try:
        identity = identities.read_identity(project, {"email": current_email, "userId": current_user_id})
        new_email = body["newEmail"].lower()
        identities.check_email(new_email)
        identities.check_not_forgotten(project, new_email, None)
    except ElementError as error:
        raise error.as_refusal(project.settings) from error
    profile = identities.find(project, identity)
    if profile is None:
        msg = f"Cannot change user {current_email or current_user_id} to {new_email}. User does not exist"
        raise bad_params(msg)
    owner = project.profiles.with_email(new_email)
    if owner is not None and owner is not profile:
        raise refusal(400, "EmailAlreadyExists", f"A user with email {new_email} already exists")
    project.profiles.change_email(profile, new_email)
    profile.updated_at = call.now
    return success()


def delete_by_email(call: Call) -> Answer:
    """Delete a user by address; recorded: an unknown address is a success."""
    email = call.path["email"]
    if call.project.settings.project_type == "userid":
        msg = "Users of a userID-based project cannot be deleted by email"
        raise bad_params(msg)
    if not is_email(email):
        raise invalid_email(email)
    profile = call.project.profiles.with_email(email.lower())
    if profile is not None:
        call.project.remove_profile(profile)
    return success()


def delete_by_user_id(call: Call) -> Answer:
    """Delete a user by id; recorded: an unknown id is 400 ``BadParams``."""
    user_id = call.path["user_id"]
    profile = call.project.profiles.with_user_id(user_id)
    if profile is None:
        msg = f"No users with userId {user_id} exist"
        raise bad_params(msg)
    while profile is not None:
        call.project.remove_profile(profile)
        profile = call.project.profiles.with_user_id(user_id)
    return success()


def _as_invalid(error: ElementError) -> ElementError:
    """Name people who may not be created as invalid: ``notFound`` is for list endpoints only."""
    if error.reason is not Reason.NOT_FOUND:
        return error
    return ElementError(Reason.INVALID, user_id=error.identifier, msg=error.msg)


def _list_no_op(no_op: dict[str, list[str]], identity: Identity) -> None:
    if identity.email is not None:
        no_op["noOpEmails"].append(identity.email)
    elif identity.user_id is not None:
        no_op["noOpUserIds"].append(identity.user_id)
