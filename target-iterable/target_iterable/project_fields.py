"""The profile fields a project knows, and whether a record's fields fit them: found out before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.errors import StreamStopped
from delivery.outcome import Outcome, rejected

from target_iterable.field_values import AS_IT_IS, Misfit, fit_value

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from target_iterable.client import IterableClient

PATH = "/api/users/getFields"
SOFT_LIMIT = 1000
"""Iterable: a project should have no more profile fields than this; nested ones count, and none can be deleted."""


@dataclass(frozen=True, slots=True)
class NewFieldRule:
    """What may become of fields that the project does not know.

    Attributes:
        created: Whether the loader asks for them to be created; None leaves it to the project.
        most: How many may be created in a run; None for any number.
    """

    created: bool | None = None
    most: int | None = None


class ProjectFields:
    """Fits profile fields to the types the project has fixed; used by the reading thread only.

    Iterable: `GET /api/users/getFields`, 3 calls a second, maps each field's dotted path to its type. It is read when
    the first fields come, and kept for the run. If Iterable does not give it, fields are sent unchecked, and Iterable
    itself refuses those that do not fit.

    Args:
        client: The project.
        rule: What may become of new fields.
        logger: Takes warnings.
        notice: Takes note of what people should know, once for each new field: the stream, and a text.

    Attributes:
        rule: What may become of new fields.
    """

    def __init__(
        self,
        client: IterableClient,
        rule: NewFieldRule,
        logger: logging.Logger,
        notice: Callable[[str, str], None],
    ) -> None:
        self._client = client
        self.rule = rule
        self._logger = logger
        self._notice = notice
        self._types: Mapping[str, str] | None = None
        self._new: set[str] = set()
        self._told: set[str] = set()
        self._told_many = False

    def fit(
        self, fields: Mapping[str, Any], stream: str, announced: Mapping[str, str] | None = None
    ) -> dict[str, Any] | Outcome:
        """Return profile fields in the form their types ask for, or why the record is rejected.

        Args:
            fields: The record's fields.
            stream: The record's stream.
            announced: Types that the stream's SCHEMA announces. They put the first value of a new field into form, so
                that ten euros do not make a `long` of a price; they never reject one.
        """
        types = self._known()
        fitting = _Fitting(types, announced or {})
        fitted = fitting.fit_object("", fields)
        if fitting.fault is not None:
            return rejected(fitting.fault, "field type")
        if types and self.rule.created is not False and not fitting.new <= self._new:
            return self._with_new(fitted, fitting.new, stream)
        self._tell_new(fitting.new, stream)
        return fitted

    def _with_new(self, fitted: dict[str, Any], new: set[str], stream: str) -> dict[str, Any] | Outcome:
        further = new - self._new
        if self.rule.most is not None and len(self._new) + len(further) > self.rule.most:
            names = ", ".join(sorted(further))
            return rejected(f"new fields: {names}; setting max_new_fields allows {self.rule.most} a run", "new field")
        self._new |= further
        self._tell_new(new, stream)
        total = len(self._types or ()) + len(self._new)
        if total > SOFT_LIMIT and not self._told_many:
            self._told_many = True
            self._logger.warning(
                "The project comes to %d profile fields; Iterable recommends at most %d, and no field can be deleted. "
                "Deselect fields, or set max_new_fields.",
                total,
                SOFT_LIMIT,
            )
        return fitted

    def _tell_new(self, new: set[str], stream: str) -> None:
        if self.rule.created is not False:
            for name in sorted(new - self._told):
                self._notice(stream, f"field '{name}' is new to the project")
            self._told |= new

    def _known(self) -> Mapping[str, str]:
        if self._types is None:
            self._types = self._read()
        return self._types

    def _read(self) -> Mapping[str, str]:
        try:
            answer = self._client.ask("GET", PATH, stream="(all)", budget=self._client.budgets.fields)
        except StreamStopped:
            return self._go_without()
        fields = answer.body.get("fields")
        if not answer.succeeded or not isinstance(fields, dict):
            return self._go_without()
        return {name: kind for name, kind in fields.items() if isinstance(kind, str)}

    def _go_without(self) -> Mapping[str, str]:
        self._logger.warning(
            "Iterable does not tell the project's profile fields: they are sent unchecked, and max_new_fields is not "
            "kept"
        )
        return {}


class _Fitting:
    """One record's passage through the types.

    Attributes:
        new: The fields the project does not know and that the record gives a value.
        fault: What does not fit, without the value; None if all does.
    """

    def __init__(self, types: Mapping[str, str], announced: Mapping[str, str]) -> None:
        self._types = types
        self._announced = announced
        self.new: set[str] = set()
        self.fault: str | None = None

    def fit_object(self, prefix: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        fitted = dict(fields)
        for name, value in fields.items():
            path = prefix + name
            known = self._types.get(path)
            # Most values are what their field takes; looking further costs as much as all the rest of a record.
            if not _is_as_it_should_be(value, known or self._announced.get(path, "")):
                fitted[name] = self._fit(path, value)
            elif known is None and self._types:
                self.new.add(path)
        return fitted

    def _fit(self, path: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        if value is None:
            return None
        if isinstance(value, list):
            return [self._fit(path, element) for element in value]
        kind = self._types.get(path)
        if kind is None:
            return self._fit_new(path, value)
        try:
            fitted = fit_value(kind, value)
        except Misfit:
            self.fault = self.fault or f"field '{path}' must be {kind} in this project"
            return value
        return self.fit_object(f"{path}.", fitted) if kind == "object" else fitted

    def _fit_new(self, path: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        if self._types:
            self.new.add(path)
        announced = self._announced.get(path)
        if announced is not None:
            try:
                value = fit_value(announced, value)
            except Misfit:
                return value
        return self.fit_object(f"{path}.", value) if isinstance(value, dict) else value


def _is_as_it_should_be(value: Any, kind: str) -> bool:  # noqa: ANN401 - JSON
    classes = AS_IT_IS.get(kind, ())
    if value.__class__ is list:
        return all([element.__class__ in classes for element in value])  # noqa: C419 - a third quicker than a generator
    return value.__class__ in classes
