"""Who a request is about: the rules of the three project types.

===================  =======================  ==============  ==============================
.                    hybrid                   userID-based    email-based
===================  =======================  ==============  ==============================
unique               e-mail and user id       user id         e-mail
identified by        either                   user id         either; the e-mail wins
unknown user         created                  created         created when an e-mail is given
unknown, in events   created with a user id   created         not found
===================  =======================  ==============  ==============================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable.answers import bad_params
from commerce_sandbox.iterable.element_error import ElementError, Reason
from commerce_sandbox.iterable.identifiers import PLACEHOLDER_DOMAIN, identifier_hash, is_email, is_user_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project


@dataclass(frozen=True, slots=True)
class Identity:
    """The identifiers of one element; at least one is set.

    Attributes:
        email: Lower-cased address.
        user_id: User id as sent.
    """

    email: str | None
    user_id: str | None

    def error(self, reason: Reason, msg: str) -> ElementError:
        """Return an error that names the person by what the request identified them with."""
        if self.email is not None:
            return ElementError(reason, email=self.email, msg=msg)
        return ElementError(reason, user_id=self.user_id, msg=msg)


def read_identity(project: Project, element: Mapping[str, Any]) -> Identity:
    """Return the identifiers of an element, checked.

    Raises:
        RefusalError: 400 ``BadParams`` if there is none.
        ElementError: If one is malformed, cannot identify people in this project type, or is forgotten.
    """
    email: str | None = element.get("email")
    user_id: str | None = element.get("userId")
    if email is None and user_id is None:
        msg = "Either email or userId must be set"
        raise bad_params(msg)
    if email is not None:
        check_email(email)
        email = email.lower()
    if user_id is not None:
        check_user_id(project, user_id)
    elif project.settings.project_type == "userid":
        msg = "This project identifies users by userId"
        raise ElementError(Reason.INVALID, email=email, msg=msg)
    check_not_forgotten(project, email, user_id)
    return Identity(email, user_id)


def check_email(email: str) -> None:
    """Refuse a malformed address.

    Raises:
        ElementError: With the address as sent.
    """
    if not is_email(email):
        raise ElementError(Reason.INVALID, email=email, msg=f"Invalid email: {email}")


def check_user_id(project: Project, user_id: str) -> None:
    """Refuse a malformed user id.

    Raises:
        ElementError: With the user id.
    """
    if not is_user_id(user_id, project.settings.max_user_id_length):
        raise ElementError(Reason.INVALID, user_id=user_id, msg=f"Invalid userId: {user_id}")


def check_not_forgotten(project: Project, email: str | None, user_id: str | None) -> None:
    """Refuse people who were forgotten.

    Raises:
        ElementError: With the forgotten identifier.
    """
    msg = "The user has been forgotten"
    if project.forgotten.has_email(email):
        raise ElementError(Reason.FORGOTTEN, email=email, msg=msg)
    if project.forgotten.has_user_id(user_id):
        raise ElementError(Reason.FORGOTTEN, user_id=user_id, msg=msg)


def find(project: Project, identity: Identity) -> Profile | None:
    """Return the profile that an identity stands for, if there is one."""
    profiles = project.profiles
    if project.settings.project_type == "email" and identity.email is not None:
        return profiles.with_email(identity.email)
    found = None if identity.user_id is None else profiles.with_user_id(identity.user_id)
    if found is None and identity.email is not None and project.settings.project_type == "hybrid":
        found = profiles.with_email(identity.email)
    return found


def require(project: Project, identity: Identity) -> Profile:
    """Return the profile that an identity stands for.

    Raises:
        ElementError: ``NOT_FOUND`` if there is none.
    """
    profile = find(project, identity)
    if profile is None:
        raise identity.error(Reason.NOT_FOUND, "User does not exist")
    return profile


def create(project: Project, identity: Identity, now: datetime, *, prefer_user_id: bool) -> Profile:
    """Create the profile of an unknown person.

    Raises:
        ElementError: ``NOT_FOUND`` for a user id alone in an email-based project, unless ``preferUserId`` asks
            for a placeholder address.
    """
    email = identity.email
    if project.settings.project_type == "email" and email is None:
        if not prefer_user_id:
            msg = f"User with userId {identity.user_id} does not exist"
            raise ElementError(Reason.NOT_FOUND, user_id=identity.user_id, msg=msg)
        email = _placeholder(project, identity.user_id or "")
    return project.profiles.create(email, identity.user_id, now)


def _placeholder(project: Project, user_id: str) -> str:
    """Return a free made-up address: the same in every run for the first person with a user id."""
    local_part = identifier_hash(user_id)[:32]
    while project.profiles.with_email(f"{local_part}@{PLACEHOLDER_DOMAIN}") is not None:
        local_part = identifier_hash(local_part)[:32]
    return f"{local_part}@{PLACEHOLDER_DOMAIN}"


def check_conflicts(project: Project, profile: Profile | None, email: str | None, user_id: str | None) -> None:
    """Refuse identifiers that would have to be unique and belong to somebody else.

    Args:
        project: The project.
        profile: Who is written; None if the person is to be created.
        email: The address the person is to have.
        user_id: The user id the person is to have.

    Raises:
        ElementError: ``CONFLICT`` with the identifier that stands in the way.
    """
    project_type = project.settings.project_type
    if email is not None and project_type != "userid":
        owner = project.profiles.with_email(email)
        if owner is not None and owner is not profile:
            msg = "Another user already has this email"
            raise ElementError(Reason.CONFLICT, email=email, msg=msg)
    if user_id is not None and project_type != "email":
        owner = project.profiles.with_user_id(user_id)
        if owner is not None and owner is not profile:
            msg = "Another user already has this userId"
            raise ElementError(Reason.CONFLICT, user_id=user_id, msg=msg)
