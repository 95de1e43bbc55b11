"""What can be wrong with one person in a request, alone or among many."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from commerce_sandbox.iterable.answers import RefusalError, bad_params, invalid_email, invalid_user_id, refusal

if TYPE_CHECKING:
    from commerce_sandbox.iterable.settings import IterableSettings


class Reason(Enum):
    """Why an element failed; the value begins the name of the list that names the person."""

    INVALID = "invalid"
    INVALID_DATA = "invalidData"
    CONFLICT = "conflict"
    FORGOTTEN = "forgotten"
    NOT_FOUND = "notFound"


class ElementError(Exception):
    """One element of a request that cannot be applied.

    Attributes:
        reason: Why.
        identifier: The address (lower-cased, as responses echo it) or the user id to be named.
        is_email: Whether the identifier is an address.
        msg: What a request with this element alone is told.
    """

    def __init__(self, reason: Reason, *, email: str | None = None, user_id: str | None = None, msg: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.is_email = email is not None
        self.identifier = email.lower() if email is not None else user_id or ""
        self.msg = msg

    def list_name(self) -> str:
        """Return the list of ``failedUpdates`` that names the person."""
        return self.reason.value + ("Emails" if self.is_email else "UserIds")

    def as_refusal(self, settings: IterableSettings, forgotten_status: int | None = None) -> RefusalError:
        """Return the refusal of a request that consists of this element alone.

        Args:
            settings: The project's settings.
            forgotten_status: HTTP status for forgotten people where the contract does not list 409.
        """
        if self.reason is Reason.INVALID:
            return invalid_email(self.identifier) if self.is_email else invalid_user_id(self.identifier)
        if self.reason is Reason.FORGOTTEN:
            return refusal(forgotten_status or settings.forgotten_user_status, "ForgottenUserError", self.msg)
        if self.reason is Reason.CONFLICT:
            return refusal(409, "Conflict", self.msg)
        if self.reason is Reason.NOT_FOUND:
            return refusal(400, "UnknownEmailError" if self.is_email else "UnknownUserIdError", self.msg)
        return bad_params(self.msg)
