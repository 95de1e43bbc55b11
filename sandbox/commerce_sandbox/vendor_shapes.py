"""Documents against the schemas of a vendor's OpenAPI description, stricter than the description itself.

A member that the schema does not know is a defect here: an emulation must not invent any.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMATS = {
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "date-only": re.compile(r"\d{4}-\d\d-\d\d"),
    "time-only": re.compile(r"\d\d:\d\d:\d\d\.\d{3}"),
}
_JSON_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list}


class Shapes:
    """Finds what a document has that its schema does not know, and what it lacks.

    Args:
        schemas: The schemas of an OpenAPI description by name, mended.
    """

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _flat(self, schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
        schema = self._resolved(schema)
        members, required = dict(schema.get("properties", {})), set(schema.get("required", []))
        for part in schema.get("allOf", []):
            part_members, part_required = self._flat(part)
            members.update(part_members)
            required |= part_required
        return members, required

    def of(self, name: str, value: object) -> Iterator[str]:
        """Yield the defects of a value by the schema of this name."""
        return self.defects({"$ref": f"#/components/schemas/{name}"}, value, name)

    def defects(self, schema: dict[str, Any], value: object, at: str) -> Iterator[str]:
        """Yield what is wrong with a value, each with the place where it stands.

        Args:
            schema: The schema.
            value: The decoded JSON value.
            at: Where the value stands, for the reader.
        """
        schema = self._resolved(schema)
        if isinstance(value, dict):
            yield from self._object_defects(schema, value, at)
            return
        kind = schema.get("type")
        if kind == "object" or "allOf" in schema:
            yield f"{at}: object expected"
        if kind in _JSON_TYPES and (
            not isinstance(value, _JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))
        ):
            yield f"{at}: {kind} expected"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is not in the list"
        pattern = _FORMATS.get(schema.get("format", ""))
        if pattern is not None and not pattern.fullmatch(str(value)):
            yield f"{at}: {value!r} is not a {schema['format']}"
        if isinstance(value, list):
            for item in value:
                yield from self.defects(schema.get("items", {}), item, f"{at}[]")

    def _object_defects(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        own = [schema, *(part for part in schema.get("allOf", []) if "$ref" not in part)]
        for rule in [part["discriminator"] for part in own if "discriminator" in part]:
            mapped = rule["mapping"].get(value.get(rule["propertyName"]))
            if mapped is None:
                yield f"{at}: {rule['propertyName']} is not in the list"
                return
            schema = self._resolved({"$ref": mapped})
        if "additionalProperties" in schema:
            for key, member in value.items():
                yield from self.defects(schema["additionalProperties"], member, f"{at}.{key}")
            return
        members, required = self._flat(schema)
        if not members:
            return
        yield from (f"{at}: lacks {missing}" for missing in sorted(required - set(value)))
        for key, member in value.items():
            if key in members:
                yield from self.defects(members[key], member, f"{at}.{key}")
            else:
                yield f"{at}.{key}: unknown"
