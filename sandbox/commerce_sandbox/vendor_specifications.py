"""The vendors' own API descriptions, mended, for tests; none of them is part of this project.

They are looked for in ``shared/reference/specs`` beside the repository. They have defects that make every ordinary
payload fail: alternatives that exclude each other or themselves, closed lists that are open on the wire. What is
mended here is exactly that, so that a check against them says something.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Document = dict[str, Any]

ITERABLE = "iterable-swagger-1.8.json"
DOTDIGITAL_CONTACTS = "dotdigital-contacts-v3.json"
DOTDIGITAL_INSIGHT = "dotdigital-insight-data-v3.json"
DOTDIGITAL = (
    DOTDIGITAL_CONTACTS,
    DOTDIGITAL_INSIGHT,
    "dotdigital-configuration-v3.json",
    "dotdigital-events-v3.json",
    "dotdigital-accounts-utilities-v2.json",
    "dotdigital-contact-data-fields-v2.json",
    "dotdigital-lists-v2.json",
    "dotdigital-preferences-subscriptions-v2.json",
    "dotdigital-programs-v2.json",
)
_FOLDER = Path("shared", "reference", "specs")


def folder_beside(path: str) -> Path | None:
    """Return the folder of the descriptions, if it is beside the repository that a file belongs to.

    Args:
        path: A file of the repository, usually a test's ``__file__``.
    """
    return next((parent / _FOLDER for parent in Path(path).resolve().parents if (parent / _FOLDER).is_dir()), None)


@cache
def specification(folder: Path, name: str) -> Document:
    """Return one description with its known defects mended."""
    document: Document = json.loads((folder / name).read_text(encoding="utf-8"))
    if name == ITERABLE:
        _mend_iterable(document["definitions"])
    if name == DOTDIGITAL_CONTACTS:
        _mend_contacts(document["components"]["schemas"])
    if name == DOTDIGITAL_INSIGHT:
        _mend_insight(document["components"]["schemas"])
    _mend_nullable(document)
    return document


@dataclass(frozen=True)
class Operation:
    """One operation of a vendor's API.

    Attributes:
        template: Its path, with parameters in braces.
        body: JSON Schema of its request body, with all it refers to; None if it takes none.
    """

    template: str
    body: Document | None


def operation(folder: Path, names: tuple[str, ...], method: str, path: str) -> Operation | None:
    """Return the operation that a request calls; None if no description knows it.

    Args:
        folder: Folder of the descriptions.
        names: Descriptions to look in.
        method: HTTP method.
        path: Path without query.
    """
    found: list[tuple[str, Document, Document]] = []
    for name in names:
        document = specification(folder, name)
        for template, operations in document["paths"].items():
            if method.lower() in operations and _template_pattern(template).fullmatch(path.rstrip("/")):
                found.append((template, operations[method.lower()], document))
    if not found:
        return None
    # Of /users/{email} and /users/getFields, the one with fewer parameters is meant.
    template, described, document = min(found, key=lambda entry: entry[0].count("{"))
    return Operation(template, _body_schema(described, document))


def _template_pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template.rstrip("/"))
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def _body_schema(described: Document, document: Document) -> Document | None:
    if "swagger" in document:
        schemas = [each["schema"] for each in described.get("parameters", []) if each["in"] == "body"]
        return {**schemas[0], "definitions": document["definitions"]} if schemas else None
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    return {**content["schema"], "components": document["components"]} if content else None


def _mend_iterable(definitions: Document) -> None:
    envelope = definitions["IterableApiResponse"]["properties"]
    envelope["params"] = {}
    del envelope["code"]["enum"]
    definitions["JsObject"] = {"type": "object"}
    definitions["CatalogItemWithProperties"]["properties"]["lastModified"] = {"type": ["integer", "string"]}
    del definitions["ApiResponseUser"]["required"]


def _mend_contacts(schemas: Document) -> None:
    schemas["identifiers"]["properties"]["contactId"] = {"type": "integer"}
    schemas["contactIdObject"]["additionalProperties"] = {"type": ["string", "integer"]}
    del schemas["channelProperties_channelProperties_email"]["additionalProperties"]
    address = schemas["consentRecord"]["properties"]["ipAddress"]
    address["anyOf"] = address.pop("oneOf")
    schemas["contactIdentifier"]["anyOf"] = schemas["contactIdentifier"].pop("oneOf")
    schemas["preferenceFull"]["required"] = ["id", "isOptedIn"]


def _mend_insight(schemas: Document) -> None:
    del schemas["upsertInsightRecord"]["allOf"][0]["additionalProperties"]
    del schemas["returnedInsightRecord"]["allOf"][1]["additionalProperties"]
    schemas["inline_response_200"]["properties"]["status"]["enum"] += ["NotFinished", "Finished"]
    schemas["inline_response_200_2"]["required"] = ["summary"]
    schemas["inline_response_200_3"]["properties"]["schema"] = {"type": ["object", "array"]}


def _mend_nullable(node: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write ``nullable`` of OpenAPI 3.0 as JSON Schema does, in place."""
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _mend_nullable(value)
    if isinstance(node, dict) and node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
