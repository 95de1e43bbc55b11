"""The vendors' own API descriptions, for tests; none of them is part of this project.

They are looked for in ``shared/reference/specs`` beside the repository.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from commerce_sandbox.vendor_specification_defects import (
    Document,
    mend_contacts,
    mend_insight,
    mend_iterable,
    write_nullable_as_type,
)

ITERABLE = "iterable-swagger-1.8.json"
COMMERCETOOLS = "commercetools-oas.yaml"
DOTDIGITAL_CONTACTS = "dotdigital-contacts-v3.json"
DOTDIGITAL_INSIGHT = "dotdigital-insight-data-v3.json"
DOTDIGITAL_CONFIGURATION = "dotdigital-configuration-v3.json"
DOTDIGITAL_EVENTS = "dotdigital-events-v3.json"
DOTDIGITAL_ACCOUNTS = "dotdigital-accounts-utilities-v2.json"
DOTDIGITAL_DATA_FIELDS = "dotdigital-contact-data-fields-v2.json"
DOTDIGITAL_LISTS = "dotdigital-lists-v2.json"
DOTDIGITAL_PREFERENCES = "dotdigital-preferences-subscriptions-v2.json"
DOTDIGITAL_PROGRAMS = "dotdigital-programs-v2.json"
DOTDIGITAL = (
    DOTDIGITAL_CONTACTS,
    DOTDIGITAL_INSIGHT,
    DOTDIGITAL_CONFIGURATION,
    DOTDIGITAL_EVENTS,
    DOTDIGITAL_ACCOUNTS,
    DOTDIGITAL_DATA_FIELDS,
    DOTDIGITAL_LISTS,
    DOTDIGITAL_PREFERENCES,
    DOTDIGITAL_PROGRAMS,
)
_MENDINGS = {ITERABLE: mend_iterable, DOTDIGITAL_CONTACTS: mend_contacts, DOTDIGITAL_INSIGHT: mend_insight}
_FOLDER = Path("shared", "reference", "specs")


def folder_beside(path: str) -> Path | None:
    """Return the folder of the descriptions, if it is beside the repository that a file belongs to.

    Args:
        path: A file of the repository, usually a test's ``__file__``.
    """
    return next((parent / _FOLDER for parent in Path(path).resolve().parents if (parent / _FOLDER).is_dir()), None)


@cache
def specification(folder: Path, name: str) -> Document:
    """Return one description with its known defects mended.

    Args:
        folder: Folder of the descriptions.
        name: Name of a JSON file in it.
    """
    document: Document = json.loads((folder / name).read_text(encoding="utf-8"))
    if name in _MENDINGS:
        _MENDINGS[name](document)
    write_nullable_as_type(document)
    return document


@dataclass(frozen=True)
class Operation:
    """One operation of a vendor's API.

    Each schema comes with all that it refers to.

    Attributes:
        template: Its path, with parameters in braces.
        description: What the vendor says about it.
        body: JSON Schema of its request body; None if it takes none.
        answers: JSON Schema of the body it answers with, for each status it may have; None if that has no body.
    """

    template: str
    description: str
    body: Document | None
    answers: dict[str, Document | None]


def operation(folder: Path, names: tuple[str, ...], method: str, path: str) -> Operation | None:
    """Return the operation that a request calls; None if no description knows it.

    Args:
        folder: Folder of the descriptions.
        names: Descriptions to look in.
        method: HTTP method.
        path: Path without query; a template matches itself.
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
    return Operation(
        template,
        described.get("description", ""),
        _body_schema(described, document),
        {status: _schema(answer, document) for status, answer in described["responses"].items()},
    )


def _template_pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template.rstrip("/"))
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def _body_schema(described: Document, document: Document) -> Document | None:
    if "swagger" in document:
        bodies = [each for each in described.get("parameters", []) if each["in"] == "body"]
        return _schema(bodies[0], document) if bodies else None
    return _schema(described.get("requestBody", {}), document)


def _schema(described: Document, document: Document) -> Document | None:
    """Return the JSON Schema of a request body or an answer, with what it refers to."""
    shared = "definitions" if "swagger" in document else "components"
    holder = described if "swagger" in document else described.get("content", {}).get("application/json", {})
    return {**holder["schema"], shared: document.get(shared, {})} if "schema" in holder else None
