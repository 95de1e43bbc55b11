"""Writes data fields to a profile: identity changes, reserved fields, merging, removal by null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.element_error import ElementError, Reason
from commerce_sandbox.iterable.field_schema import OversizedValueError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from commerce_sandbox.iterable.field_schema import SchemaChange
    from commerce_sandbox.iterable.identity import Identity
    from commerce_sandbox.iterable.json_value import JsonValue
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

WRITTEN_BY_ITERABLE: Final = frozenset(
    {
        "itblInternal",
        "itblDS",
        "itblUserId",
        "profileUpdatedAt",
        "signupSource",
        "devices",
        "shoppingCartItems",
    }
)
"""Reserved fields that no request may set; the cart is written through the commerce endpoints only."""

_SUBSCRIPTION_FIELDS: Final = {
    "emailListIds": "list_ids",
    "userListIds": "list_ids",
    "unsubscribedChannelIds": "unsubscribed_channels",
    "unsubscribedMessageTypeIds": "unsubscribed_types",
    "subscribedMessageTypeIds": "subscribed_types",
}
_SPECIAL: Final = WRITTEN_BY_ITERABLE | _SUBSCRIPTION_FIELDS.keys() | {"email", "userId"}
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class ProfileUpdate:
    """What one element of a request asks for, checked on its own but not yet applied.

    Attributes:
        identity: Who is meant.
        data: Ordinary fields as they will be stored; null removes a field.
        new_email: Address from ``dataFields.email``, lower-cased.
        new_user_id: User id from ``dataFields.userId``.
        subscriptions: Replaced id sets, by attribute of ``Profile``.
        merge_nested: Merge top-level objects instead of replacing them.
        prefer_user_id: Create unknown user ids in an email-based project.
    """

    identity: Identity
    data: Mapping[str, Any]
    new_email: str | None
    new_user_id: str | None
    subscriptions: Mapping[str, set[int]]
    merge_nested: bool
    prefer_user_id: bool


def read_update(project: Project, element: Mapping[str, Any], change: SchemaChange) -> ProfileUpdate:
    """Check one element and pass its fields through the schema.

    Raises:
        RefusalError: 400 ``BadParams`` if the element names nobody.
        ElementError: If the element alone is at fault.
    """
    identity = identities.read_identity(project, element)
    fields: Mapping[str, Any] = element.get("dataFields") or {}
    new_email = new_user_id = None
    subscriptions: dict[str, set[int]] = {}
    if not _SPECIAL.isdisjoint(fields):
        new_email, new_user_id = _identity_change(project, fields)
        subscriptions = _subscription_change(project, identity, fields)
        fields = {name: value for name, value in fields.items() if name not in _SPECIAL}
    try:
        data = change.admit(fields)
    except OversizedValueError as error:
        msg = f"The value of {error.path} is too long"
        raise identity.error(Reason.INVALID_DATA, msg) from error
    return ProfileUpdate(
        identity,
        data,
        new_email,
        new_user_id,
        subscriptions,
        merge_nested=bool(element.get("mergeNestedObjects")),
        prefer_user_id=bool(element.get("preferUserId")),
    )


def apply_update(project: Project, update: ProfileUpdate, now: datetime) -> tuple[Profile, bool]:
    """Write an update, creating the profile if need be.

    Returns:
        The profile, and whether anything about it changed.

    Raises:
        ElementError: On a conflict of identities, or if the person is unknown and may not be created.
    """
    profile = identities.find(project, update.identity)
    email = update.new_email or update.identity.email
    user_id = update.new_user_id or update.identity.user_id
    if project.settings.project_type == "email" and update.new_email is not None:
        _check_email_kept(profile, update)
    identities.check_conflicts(project, profile, email, user_id)
    changed = profile is None
    if profile is None:
        profile = identities.create(project, update.identity, now, prefer_user_id=update.prefer_user_id)
    changed |= _set_identifiers(project, profile, update, email, user_id)
    changed |= _write_fields(profile.data, update.data, merge_nested=update.merge_nested)
    for attribute, ids in update.subscriptions.items():
        changed |= getattr(profile, attribute) != ids
        setattr(profile, attribute, set(ids))
    profile.updated_at = now
    return profile, changed


def without_nulls(value: JsonValue) -> JsonValue:
    """Return a value without the members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(element) for element in value if element is not None]
    return value


def _identity_change(project: Project, fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
    email, user_id = fields.get("email"), fields.get("userId")
    if email is not None:
        identities.check_email(str(email))
        email = str(email).lower()
    if user_id is not None:
        user_id = str(user_id)
        identities.check_user_id(project, user_id)
    identities.check_not_forgotten(project, email, user_id)
    return email, user_id


def _subscription_change(project: Project, identity: Identity, fields: Mapping[str, Any]) -> dict[str, set[int]]:
    change: dict[str, set[int]] = {}
    for name in _SPECIAL & fields.keys():
        if name in {"email", "userId"}:
            continue
        ids = fields[name]
        if not _may_be_set(project, name) or not _is_id_list(ids):
            raise identity.error(Reason.INVALID_DATA, f"The field {name} is reserved")
        change[_SUBSCRIPTION_FIELDS[name]] = set(ids or ())
    return change


def _may_be_set(project: Project, name: str) -> bool:
    """Tell whether a reserved field may be written as data.

    Iterable: list ids always; the ids of channels and message types only where opt-in types are off.
    """
    if name in WRITTEN_BY_ITERABLE or name == "subscribedMessageTypeIds":
        return False
    if name in {"emailListIds", "userListIds"}:
        return name == project.list_field
    return not project.settings.opt_in_types


def _is_id_list(ids: JsonValue) -> bool:
    return ids is None or (isinstance(ids, list) and all(type(element) is int for element in ids))


def _check_email_kept(profile: Profile | None, update: ProfileUpdate) -> None:
    """Refuse a change of address by data fields: email-based projects know only ``users/updateEmail``."""
    current = profile.email if profile is not None else update.identity.email
    if update.new_email != current:
        msg = "Use /api/users/updateEmail to change the email of a user in an email-based project"
        raise update.identity.error(Reason.INVALID_DATA, msg)


def _set_identifiers(
    project: Project, profile: Profile, update: ProfileUpdate, email: str | None, user_id: str | None
) -> bool:
    changed = False
    if user_id is not None and profile.user_id != user_id:
        if _renames_unasked(project, profile, update):
            msg = "The user with this email already has another userId"
            raise ElementError(Reason.CONFLICT, email=profile.email, msg=msg)
        project.profiles.change_user_id(profile, user_id)
        changed = True
    if email is not None and profile.email != email:
        project.profiles.change_email(profile, email)
        changed = True
    return changed


def _renames_unasked(project: Project, profile: Profile, update: ProfileUpdate) -> bool:
    """Tell whether a person found by address would lose another user id without being asked to.

    ``dataFields.userId`` asks for it. Email-based projects overwrite the user id.
    """
    return project.settings.project_type == "hybrid" and update.new_user_id is None and profile.user_id is not None


def _write_fields(stored: dict[str, Any], data: Mapping[str, Any], *, merge_nested: bool) -> bool:
    changed = False
    for name, value in data.items():
        if value is None:
            changed |= stored.pop(name, _ABSENT) is not _ABSENT
            continue
        current = stored.get(name, _ABSENT)
        if type(value) is dict:
            value = {**current, **value} if merge_nested and type(current) is dict else value  # noqa: PLW2901 - merged in place
        written = without_nulls(value) if type(value) in {dict, list} else value
        if current != written:
            stored[name] = written
            changed = True
    return changed
