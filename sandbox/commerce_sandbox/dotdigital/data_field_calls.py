"""Data fields (version 2): list, create, delete; the vendor has no call that changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer, refusal_v2
from commerce_sandbox.dotdigital.data_fields import (
    FIELD_TYPES,
    VISIBILITIES,
    DataField,
    FieldValueError,
    field_default,
    is_field_name,
)
from commerce_sandbox.dotdigital.path_table import Endpoint
from commerce_sandbox.dotdigital.rate_limits import Tier

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.call import Call

_INVALID = "ERROR_DATAFIELD_INVALID"


def _list(call: Call) -> Answer:
    return Answer(content=[data_field.document() for data_field in call.account.data_fields.all()])


def _create(call: Call) -> Answer:
    sent = call.json_v2(dict, _INVALID)
    name, type_, default = sent.get("name"), sent.get("type"), sent.get("defaultValue")
    visibility = sent.get("visibility", "Private")
    if not isinstance(name, str) or not is_field_name(name):
        raise refusal_v2(400, f"A name has 1 to 20 letters, digits, - and _, and is not reserved. {_INVALID}")
    if type_ not in FIELD_TYPES or visibility not in VISIBILITIES:
        raise refusal_v2(400, f"The type or the visibility is unknown. {_INVALID}")
    if call.account.data_fields.find(name) is not None:
        raise refusal_v2(400, "Field already exists. ERROR_NON_UNIQUE_DATAFIELD")
    if len(call.account.data_fields.all()) >= call.settings.max_data_fields:
        raise refusal_v2(400, "Error: ERROR_DATAFIELD_LIMITEXCEEDED")
    if default is not None and not isinstance(default, str):
        raise refusal_v2(400, f"The default value is sent as text. {_INVALID}")
    try:
        value = None if default is None else field_default(type_, default)
    except FieldValueError as error:
        raise refusal_v2(400, f"The default value is not valid: {error}. {_INVALID}") from error
    created = DataField(name.upper(), type_, visibility, value)
    call.account.data_fields.add(created)
    return Answer(201, created.document())


def _delete(call: Call) -> Answer:
    data_field = call.account.data_fields.find(call.path["name"])
    if data_field is None:
        raise refusal_v2(404, "Error: ERROR_DATAFIELD_NOTFOUND")
    if data_field.built_in:
        raise refusal_v2(400, f"The field belongs to every account. {_INVALID}")
    blockers = {name.upper(): used_in for name, used_in in call.settings.data_field_dependencies.items()}
    if data_field.name in blockers:
        return Answer(content={"result": False, "dependencies": list(blockers[data_field.name])})
    call.account.data_fields.remove(data_field)
    for contact in call.account.contacts.all():
        contact.data_fields.pop(data_field.name, None)
    return Answer(content={"result": True, "dependencies": None})


ENDPOINTS = (
    Endpoint("GET", "/v2/data-fields", Tier.HIGH, _list),
    Endpoint("POST", "/v2/data-fields", Tier.MEDIUM, _create),
    Endpoint("DELETE", "/v2/data-fields/{name}", Tier.MEDIUM, _delete),
)
