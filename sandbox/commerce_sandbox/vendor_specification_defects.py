"""The known defects of the vendors' API descriptions, mended: they make ordinary payloads fail.

Each is mended exactly where it stands and no further, so that a check against the rest of a description says something.
"""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

_ITERABLE_WRAPPED_READS = (
    "/api/catalogs",
    "/api/catalogs/{catalogName}/items",
    "/api/catalogs/{catalogName}/fieldMappings",
)
_INSIGHT_RECORDS = (
    "/insightData/v3/account/{collectionName}/{recordId}",
    "/insightData/v3/contacts/{identifier}/{value}/{collectionName}/{recordId}",
)
_COMMERCETOOLS_MAPS_OF_ANYTHING = (
    "FieldContainer",
    "SearchKeywords",
    "ProductVariantChannelAvailabilityMap",
    "VariantAttributesChannelAvailabilityMap",
    "FacetResults",
    "SuggestionResult",
    "ErrorObject",
    "ExtensionError",
    "GraphQLErrorObject",
    "GraphQLVariablesMap",
)


def mend_iterable(document: Document) -> None:
    """Mend Iterable's description, in place."""
    definitions = document["definitions"]
    envelope = definitions["IterableApiResponse"]["properties"]
    envelope["params"]["type"] = ["object", "null"]
    del envelope["code"]["enum"]  # open on the wire
    definitions["JsObject"] = {"type": "object"}
    definitions["CatalogItemWithProperties"]["properties"]["lastModified"] = {"type": "integer"}
    del definitions["ApiResponseUser"]["required"]  # of email alone, which a user known by userId lacks
    for path in _ITERABLE_WRAPPED_READS:
        answer = document["paths"][path]["get"]["responses"]["200"]
        answer["schema"] = _wrapped(answer["schema"])


def _wrapped(params: Document) -> Document:
    members = {"msg": {"type": "string"}, "code": {"type": "string"}, "params": params}
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def mend_contacts(document: Document) -> None:
    """Mend Dotdigital's description of contacts, in place."""
    schemas = document["components"]["schemas"]
    _let_imports_name_contacts_by_contact_id(schemas)
    # It excludes resubscribeOptions, which another branch adds.
    del schemas["channelProperties_channelProperties_email"]["additionalProperties"]
    # Told apart by format alone, which a validator need not assert.
    address = schemas["consentRecord"]["properties"]["ipAddress"]
    address["anyOf"] = address.pop("oneOf")
    # The last alternative, any one member, holds for an email and a mobileNumber too.
    schemas["contactIdentifier"]["anyOf"] = schemas["contactIdentifier"].pop("oneOf")
    schemas["preferenceFull"]["required"] = ["id", "isOptedIn"]  # asks for a name that it does not define


def _let_imports_name_contacts_by_contact_id(schemas: Document) -> None:
    """Resolve that one branch of ``contactRequest`` has an integer contactId, and the other takes text alone."""
    identifiers = copy.deepcopy(schemas["identifiers"])
    identifiers["properties"]["contactId"] = {"type": "integer"}
    update = copy.deepcopy(schemas["updateContactRequest"])
    update["allOf"][0]["properties"]["identifiers"] = identifiers
    schemas["contactRequest"]["allOf"][1] = update


def mend_insight(document: Document) -> None:
    """Mend Dotdigital's description of Insight data, in place."""
    schemas = document["components"]["schemas"]
    # Each of these branches knows its own members alone and excludes those of the other.
    del schemas["upsertInsightRecord"]["allOf"][0]["additionalProperties"]
    del schemas["returnedInsightRecord"]["allOf"][1]["additionalProperties"]
    schemas["inline_response_200"]["properties"]["status"]["enum"] += ["NotFinished", "Finished"]
    schemas["inline_response_200_2"]["required"] = ["summary"]  # asks for failures, defines notFound
    # Its own example is a list.
    schemas["inline_response_200_3"]["properties"]["schema"] = {"type": ["object", "array"]}
    for path in _INSIGHT_RECORDS:
        body = document["paths"][path]["put"]["requestBody"]["content"]["application/json"]
        body["schema"] = {"type": "object"}  # typed as text, with the text of an object as its example


def mend_commercetools(document: Document) -> None:
    """Mend commercetools' description, in place."""
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        if "required" in schema:
            # A pattern of a map's keys stands there between slashes as if it were a member's name.
            schema["required"] = [name for name in schema["required"] if not name.startswith("/")]
    for name in _COMMERCETOOLS_MAPS_OF_ANYTHING:
        schemas[name]["additionalProperties"] = {}


def write_nullable_as_type(node: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write ``nullable`` of OpenAPI 3.0 as JSON Schema does, in place."""
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        write_nullable_as_type(value)
    if isinstance(node, dict) and node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
