"""Catalogs in the project: made when absent, with their field types, before the first item goes up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from delivery.errors import StreamStopped
from delivery.json_text import encode

from target_iterable.answers import NOT_FOUND
from target_iterable.contracts import CATALOGS, ENVELOPE, FIELD_MAPPINGS, Contract, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_iterable.client import IterableClient

PAGE_SIZE = 100
_TYPES = {"boolean": "boolean", "integer": "long", "number": "double", "string": "string", "object": "object"}


def field_types(value_schema: Mapping[str, Any]) -> dict[str, str]:
    """Return Iterable's type for each field whose JSON Schema fixes one.

    Iterable: only fields typed before the items were uploaded can be searched by collections, and a type can never
    be changed. A field is therefore typed here only when the schema is sure of it.

    Args:
        value_schema: JSON Schema of an item's value.
    """
    properties: Mapping[str, Any] = value_schema.get("properties") or {}
    typed = {name: _field_type(schema) for name, schema in properties.items()}
    return {name: kind for name, kind in typed.items() if kind is not None}


def _field_type(schema: Mapping[str, Any]) -> str | None:
    declared = schema.get("type")
    kinds = [kind for kind in (declared if isinstance(declared, list) else [declared]) if kind not in {None, "null"}]
    if len(kinds) != 1:
        return None
    if kinds[0] == "array":
        # Iterable types an array by its elements.
        return _field_type(schema.get("items") or {})
    if kinds[0] == "string" and schema.get("format") in {"date-time", "date"}:
        return "date"
    return _TYPES.get(kinds[0])


class Catalogs:
    """The catalogs of a project, as far as this run has dealt with them; safe to use from several threads.

    Args:
        client: The project.
        notice: Takes note, once a run, of what people should know: the stream, and a text.
    """

    def __init__(self, client: IterableClient, notice: Callable[[str, str], None]) -> None:
        self._client = client
        self._notice = notice
        self._lock = threading.Lock()
        self._known: set[str] | None = None
        self._typed: dict[str, set[str]] = {}

    def note_if_new(self, name: str, stream: str) -> None:
        """Take note of a catalog that is not there yet and will be made.

        Raises:
            StreamStopped: If the project has no catalogs.
        """
        with self._lock:
            if name.lower() not in self._names(stream):
                self._notice(stream, f"catalog '{name}' is new to the project")

    def ensure(self, name: str, types: Mapping[str, str], stream: str) -> None:
        """Make sure that a catalog is there and that its fields are typed.

        Args:
            name: The catalog's name.
            types: Iterable's type for each field.
            stream: The stream it is for.

        Raises:
            StreamStopped: If the project has no catalogs, or refuses this one.
        """
        with self._lock:
            known = self._names(stream)
            if name.lower() not in known:
                self._create(name, stream)
                known.add(name.lower())
            typed = self._typed.get(name)
            if typed is None:
                typed = self._typed[name] = self._read_typed(name, stream)
            missing = {field: kind for field, kind in types.items() if field not in typed}
            if missing:
                self._type(name, missing, stream)
                typed.update(missing)

    def _names(self, stream: str) -> set[str]:
        if self._known is None:
            self._known = self._read_names(stream)
        return self._known

    def _read_names(self, stream: str) -> set[str]:
        names: set[str] = set()
        page = 1
        while True:
            asked = {"page": str(page), "pageSize": str(PAGE_SIZE)}
            found = [entry["name"] for entry in self._read("/api/catalogs", CATALOGS, stream, asked)["catalogNames"]]
            names.update(name.lower() for name in found)
            if len(found) < PAGE_SIZE:
                return names
            page += 1

    def _read_typed(self, name: str, stream: str) -> set[str]:
        return set(self._read(f"/api/catalogs/{name}/fieldMappings", FIELD_MAPPINGS, stream)["definedMappings"])

    def _create(self, name: str, stream: str) -> None:
        answer = self._client.ask(
            "POST", f"/api/catalogs/{name}", contract=ENVELOPE, stream=stream, budget=self._client.budgets.reads
        )
        # A call whose answer was lost has had its effect: the catalog is there already when it is made again.
        if not answer.succeeded and name.lower() not in self._read_names(stream):
            message = f"Iterable does not create the catalog '{name}' for the stream '{stream}' ({answer.word})"
            raise StreamStopped(message)

    def _type(self, name: str, types: Mapping[str, str], stream: str) -> None:
        updates = [{"fieldName": field, "fieldType": kind} for field, kind in types.items()]
        answer = self._client.ask(
            "PUT",
            f"/api/catalogs/{name}/fieldMappings",
            contract=ENVELOPE,
            stream=stream,
            budget=self._client.budgets.reads,
            body=encode({"mappingsUpdates": updates}),
        )
        if not answer.succeeded:
            message = (
                f"Iterable does not take the field types of the catalog '{name}' ({answer.word}); the fields are: "
                f"{', '.join(sorted(types))}"
            )
            raise StreamStopped(message)

    def _read(
        self, path: str, contract: Contract, stream: str, parameters: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        answer = self._client.ask(
            "GET",
            path,
            contract=contract,
            stream=stream,
            budget=self._client.budgets.reads,
            parameters=parameters,
        )
        if answer.succeeded:
            return unwrapped(answer.body)
        hint = "the project may lack the catalog feature" if answer.status == NOT_FOUND else answer.word
        message = f"Iterable does not let the catalogs be read for the stream '{stream}': {hint}"
        raise StreamStopped(message)
