"""Reading users and their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable.answers import Answer, RefusalError, bad_params, invalid_email
from commerce_sandbox.iterable.field_values import written_date
from commerce_sandbox.iterable.identifiers import is_email

if TYPE_CHECKING:
    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project


def get_fields(call: Call) -> Answer:
    """Return all profile fields with their types (``GET /api/users/getFields``)."""
    return Answer({"fields": call.project.user_schema.every_type()})


def get_by_email_query(call: Call) -> Answer:
    """Return a user by ``?email=``; an unknown address is 200 with ``{}``."""
    return _by_email(call, call.query.get("email"))


def get_by_email_path(call: Call) -> Answer:
    """Return a user by an address in the path; an unknown address is 200 with ``{}``."""
    return _by_email(call, call.path["email"])


def get_by_user_id_query(call: Call) -> Answer:
    """Return a user by ``?userId=``; an unknown id is 400."""
    return _by_user_id(call, call.query.get("userId"))


def get_by_user_id_path(call: Call) -> Answer:
    """Return a user by an id in the path; an unknown id is 400."""
    return _by_user_id(call, call.path["user_id"])


def user_document(project: Project, profile: Profile) -> dict[str, Any]:
    """Return a profile as the API shows it: identifiers twice, and what Iterable itself writes."""
    updated = written_date(profile.updated_at)
    created = written_date(profile.created_at)
    fields: dict[str, Any] = {"signupDate": created, **profile.data}
    fields |= {
        "profileUpdatedAt": updated,
        "signupSource": "API",
        "itblInternal": {"documentCreatedAt": created, "documentUpdatedAt": updated},
    }
    if profile.email is not None:
        fields["email"] = profile.email
        fields["itblInternal"]["emailDomain"] = profile.email.rpartition("@")[2]
    if profile.user_id is not None:
        fields["userId"] = profile.user_id
    if profile.cart is not None:
        fields["shoppingCartItems"] = profile.cart
    fields |= subscription_fields(project, profile)
    document: dict[str, Any] = {"dataFields": fields}
    if profile.email is not None:
        document["email"] = profile.email
    if profile.user_id is not None:
        document["userId"] = profile.user_id
    return document


def subscription_fields(project: Project, profile: Profile) -> dict[str, list[int]]:
    """Return the arrays of lists, channels and message types; none until one of them was ever written."""
    sets = {
        project.list_field: profile.list_ids,
        "unsubscribedChannelIds": profile.unsubscribed_channels,
        "unsubscribedMessageTypeIds": profile.unsubscribed_types,
        "subscribedMessageTypeIds": profile.subscribed_types,
    }
    if not any(sets.values()):
        return {}
    return {name: sorted(ids) for name, ids in sets.items()}


def _by_email(call: Call, email: str | None) -> Answer:
    if email is None:
        msg = "The parameter email is missing"
        raise bad_params(msg)
    if not is_email(email):
        raise invalid_email(email)
    profile = call.project.profiles.with_email(email.lower())
    return Answer({} if profile is None else {"user": user_document(call.project, profile)})


def _by_user_id(call: Call, user_id: str | None) -> Answer:
    if user_id is None:
        msg = "The parameter userId is missing"
        raise bad_params(msg)
    profile = call.project.profiles.with_user_id(user_id)
    if profile is None:
        code = "error.users.noUserWithIdExists"
        raise RefusalError(Answer({"msg": code, "code": code, "params": None}, 400))
    return Answer({"user": user_document(call.project, profile)})
