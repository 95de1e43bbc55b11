"""Custom identifiers (configuration service, version 3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.answer import Answer, refusal
from commerce_sandbox.dotdigital.identifiers import BUILT_IN, is_identifier_name
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.call import Call

_NAME_LENGTH = 50


def _list(call: Call) -> Answer:
    return Answer(content=[asdict(identifier) for identifier in call.account.custom_identifiers.all()])


def _create(call: Call) -> Answer:
    sent = call.json("customIdentifiers:badJson")
    name = sent.get("name") if isinstance(sent, dict) else None
    if isinstance(name, str) and len(name) > _NAME_LENGTH:
        raise refusal(400, "customIdentifiers:nameTooLong", "The name has more than 50 characters")
    if not isinstance(name, str) or not is_identifier_name(name):
        raise refusal(400, "customIdentifiers:nameInvalid", "A name has 1 to 50 letters, digits, - and _")
    custom_identifiers = call.account.custom_identifiers
    if name.lower() in {built_in.lower() for built_in in BUILT_IN} or custom_identifiers.find(name) is not None:
        raise refusal(409, "customIdentifiers:nameAlreadyExists", "The custom identifier already exists")
    if len(custom_identifiers.all()) >= call.settings.max_custom_identifiers:
        return Answer(412)
    return Answer(201, asdict(custom_identifiers.add(name, timestamp(call.account.clock.now()))))


def _delete(call: Call) -> Answer:
    identifier = call.account.custom_identifiers.find(call.path["name"])
    if identifier is None:
        raise refusal(404, "customIdentifiers:notExist", "The custom identifier does not exist")
    holders = sum(1 for contact in call.account.contacts.all() if identifier.name in contact.identifiers)
    if holders:
        detail = (identifier.name, f"{holders} contacts hold a value")
        raise refusal(400, "customIdentifiers:inUse", "The custom identifier is in use", detail)
    call.account.custom_identifiers.remove(identifier.name)
    return Answer(204)


ENDPOINTS = (
    Endpoint("GET", "/configuration/v3/customIdentifiers", Tier.HIGH, _list),
    Endpoint("POST", "/configuration/v3/customIdentifiers", Tier.MEDIUM, _create),
    Endpoint("DELETE", "/configuration/v3/customIdentifiers/{name}", Tier.MEDIUM, _delete),
)
