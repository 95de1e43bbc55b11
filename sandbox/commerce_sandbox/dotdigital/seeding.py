"""Putting contacts into the account from outside, in any status: what was there before a loader came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.contact_store import IdentifierTakenError
from commerce_sandbox.dotdigital.data_fields import FieldValueError, field_value
from commerce_sandbox.dotdigital.email_status import ALL_STATUSES, SUBSCRIBED, StatusDecision
from commerce_sandbox.dotdigital.identifiers import check_identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.dotdigital.account import Account

SEED_CAUSE = "seeded"
_OPT_IN_TYPES = frozenset({"Unknown", "Single", "Double", "VerifiedDouble"})


@dataclass(frozen=True, slots=True)
class SeedContact:
    """A contact to put into the account.

    Attributes:
        identifiers: E-mail address, mobile number, custom identifiers.
        status: Any status of the e-mail channel, also those that the API cannot write.
        opt_in_type: Opt-in type as read back.
        data_fields: Values of data fields that exist.
        lists: Names of lists, which are created if they do not exist.
        preferences: Opt-ins by id of the preference.
        deleted: Whether it is in the recycle bin.
    """

    identifiers: dict[str, str]
    status: str = SUBSCRIBED
    opt_in_type: str = "Unknown"
    data_fields: dict[str, Any] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    preferences: dict[int, bool] = field(default_factory=dict)
    deleted: bool = False


def seed_contacts(account: Account, seeds: Sequence[SeedContact]) -> list[int]:
    """Put contacts into the account and return their ids.

    Raises:
        ValueError: If a contact cannot exist like this; the text says why, those before it are in the account.
    """
    return [_seed(account, seed) for seed in seeds]


def _seed(account: Account, seed: SeedContact) -> int:
    _check(account, seed)
    values = _values(account, seed.data_fields)
    now = account.clock.now()
    try:
        account.contacts.check_free(seed.identifiers, None)
    except IdentifierTakenError as error:
        message = f"another contact holds the {error.name} already"
        raise ValueError(message) from error
    contact = account.contacts.create(now)
    account.contacts.identify(contact, seed.identifiers)
    contact.data_fields = {name: value for name, value in values.items() if value is not None}
    contact.email.opt_in_type = seed.opt_in_type
    contact.preferences = dict(seed.preferences)
    account.contacts.set_status(contact, StatusDecision(seed.status), now, SEED_CAUSE, before=None, stated=True)
    for name in seed.lists:
        contact_list = account.lists.named(name) or account.lists.add(name, "Private")
        contact_list.contact_ids[contact.contact_id] = None
    if seed.deleted:
        account.delete_contact(contact)
    return contact.contact_id


def _check(account: Account, seed: SeedContact) -> None:
    if seed.status not in ALL_STATUSES:
        message = f"status is one of {', '.join(sorted(ALL_STATUSES))}"
        raise ValueError(message)
    if seed.opt_in_type not in _OPT_IN_TYPES:
        message = f"opt_in_type is one of {', '.join(sorted(_OPT_IN_TYPES))}"
        raise ValueError(message)
    for name, value in seed.identifiers.items():
        failure = check_identifier(name, value)
        if failure is not None or not account.custom_identifiers.knows(name):
            message = f"{name} is no identifier of the account or its value has not the right form"
            raise ValueError(message)


def _values(account: Account, sent: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in sent.items():
        data_field = account.data_fields.find(name)
        if data_field is None:
            message = f"there is no data field {name}: create it first with POST /v2/data-fields"
            raise ValueError(message)
        try:
            values[data_field.name] = field_value(data_field, value)
        except FieldValueError as error:
            message = f"data field {name}: {error}"
            raise ValueError(message) from error
    return values
