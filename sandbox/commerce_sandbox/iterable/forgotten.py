"""People whom the project was told to forget: kept as hashes only, and blocked from being collected again."""

from __future__ import annotations

from dataclasses import dataclass, field

from commerce_sandbox.iterable.identifiers import identifier_hash


@dataclass(slots=True)
class ForgottenPeople:
    """Hashes of forgotten addresses and user ids.

    Attributes:
        emails: Hash of each address, with the hash of the same person's user id if there was one.
        user_ids: The same the other way round.
    """

    emails: dict[str, str | None] = field(default_factory=dict)
    user_ids: dict[str, str | None] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of people, each counted once."""
        return len(self.emails) + sum(email_hash is None for email_hash in self.user_ids.values())

    def add(self, email: str | None, user_id: str | None) -> None:
        """Remember a person; either identifier may be missing."""
        email_hash = None if email is None else identifier_hash(email)
        user_id_hash = None if user_id is None else identifier_hash(user_id)
        if email_hash is not None:
            self.emails[email_hash] = user_id_hash
        if user_id_hash is not None:
            self.user_ids[user_id_hash] = email_hash

    def remove(self, email: str | None, user_id: str | None) -> bool:
        """Allow a person again, under both identifiers; False if nobody was forgotten under them."""
        found = False
        if email is not None and identifier_hash(email) in self.emails:
            found = True
            other = self.emails.pop(identifier_hash(email))
            self.user_ids.pop(other or "", None)
        if user_id is not None and identifier_hash(user_id) in self.user_ids:
            found = True
            other = self.user_ids.pop(identifier_hash(user_id))
            self.emails.pop(other or "", None)
        return found

    def has_email(self, email: str | None) -> bool:
        """Tell whether an address is forgotten."""
        return bool(self.emails) and email is not None and identifier_hash(email) in self.emails

    def has_user_id(self, user_id: str | None) -> bool:
        """Tell whether a user id is forgotten."""
        return bool(self.user_ids) and user_id is not None and identifier_hash(user_id) in self.user_ids
