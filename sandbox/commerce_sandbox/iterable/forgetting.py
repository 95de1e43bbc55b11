"""``users/forget`` and ``unforget``, and the hashes of those who were forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, bad_params, invalid_email, success
from commerce_sandbox.iterable.identifiers import is_email
from commerce_sandbox.iterable.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.project import Project


def forget(call: Call) -> Answer:
    """Delete a person and block future collection. The vendor takes up to ten minutes; here it is immediate."""
    identity = _who(call.project, call.body)
    profile = identities.find(call.project, identity)
    if profile is None:
        msg = "User does not exist"
        raise bad_params(msg)
    email = identity.email if call.project.settings.project_type == "email" else profile.email
    user_id = None if call.project.settings.project_type == "email" else profile.user_id
    if call.project.settings.project_type == "userid":
        email = None
    call.project.remove_profile(profile)
    call.project.forgotten.add(email, user_id)
    return success()


def unforget(call: Call) -> Answer:
    """Allow a person again; the deleted data does not come back."""
    identity = _who(call.project, call.body)
    if not call.project.forgotten.remove(identity.email, identity.user_id):
        msg = "User was not forgotten"
        raise bad_params(msg)
    return success()


def forgotten_emails(call: Call) -> Answer:
    """Return the SHA-256 hashes of forgotten addresses; an error in userID-based projects."""
    if call.project.settings.project_type == "userid":
        msg = "This endpoint is for email-based and hybrid projects"
        raise bad_params(msg)
    return Answer({"hashedEmails": sorted(call.project.forgotten.emails)})


def forgotten_user_ids(call: Call) -> Answer:
    """Return the SHA-256 hashes of forgotten user ids; an error in email-based projects."""
    if call.project.settings.project_type == "email":
        msg = "This endpoint is for userID-based and hybrid projects"
        raise bad_params(msg)
    return Answer({"hashedUserIds": sorted(call.project.forgotten.user_ids)})


def _who(project: Project, body: Mapping[str, Any]) -> Identity:
    """Return whom to forget: by address in email-based projects, by id in userID-based ones, else by either."""
    email, user_id = body.get("email"), body.get("userId")
    project_type = project.settings.project_type
    if project_type == "email":
        user_id = None
    if project_type == "userid":
        email = None
    if email is None and user_id is None:
        wanted = {"email": "email", "userid": "userId"}.get(project_type, "email or userId")
        msg = f"{wanted} must be set"
        raise bad_params(msg)
    if email is not None and not is_email(email):
        raise invalid_email(email)
    return Identity(None if email is None else email.lower(), user_id)
