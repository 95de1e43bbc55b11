"""The profile fields a project knows, and whether a record's fields fit them: found out before anything is sent."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.outcome import Outcome, rejected

from target_iterable.answers import NotAllowed
from target_iterable.contracts import FIELDS
from target_iterable.field_values import AS_IT_IS, SINGLE_VALUES, Misfit, fit_value

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from target_iterable.client import IterableClient

PATH = "/api/users/getFields"
_NOTHING: Mapping[str, str] = {}
_MOST_PLANS = 1000
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
    """Fits profile fields to the types the project has fixed; safe to use from several threads.

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
        self._told_many = False
        self._lock = threading.Lock()
        self._plans = _Plans({}, _NOTHING, self._new)

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
        with self._lock:
            return self._fit(fields, stream, announced or _NOTHING)

    def _fit(self, fields: Mapping[str, Any], stream: str, announced: Mapping[str, str]) -> dict[str, Any] | Outcome:
        types = self._known()
        if self._plans.types is not types or self._plans.announced is not announced:
            self._plans = _Plans(types, announced, self._new)
        fitting = _Fitting(self._plans)
        fitted = fitting.fit_object("", fields)
        if fitting.fault is not None:
            return rejected(fitting.fault, "field type")
        if fitting.new:
            if self.rule.created is not False and self._too_many(fitting.new):
                names = ", ".join(sorted(fitting.new))
                reason = f"new fields: {names}; setting max_new_fields allows {self.rule.most} a run"
                return rejected(reason, "new field")
            self._accept(fitting.new, stream)
        return fitted

    def _too_many(self, new: set[str]) -> bool:
        return self.rule.most is not None and len(self._new) + len(new) > self.rule.most

    def _accept(self, new: set[str], stream: str) -> None:
        """Take fields for known from now on."""
        self._new |= new
        self._plans = _Plans(self._plans.types, self._plans.announced, self._new)
        if self.rule.created is False:
            return
        for name in sorted(new):
            self._notice(stream, f"field '{name}' is new to the project")
        total = len(self._plans.types) + len(self._new)
        if total > SOFT_LIMIT and not self._told_many:
            self._told_many = True
            self._logger.warning(
                "The project comes to %d profile fields; Iterable recommends at most %d, and no field can be deleted. "
                "Deselect fields, or set max_new_fields.",
                total,
                SOFT_LIMIT,
            )

    def _known(self) -> Mapping[str, str]:
        if self._types is None:
            self._types = self._read()
        return self._types

    def _read(self) -> Mapping[str, str]:
        try:
            answer = self._client.ask("GET", PATH, contract=FIELDS, stream="(all)", budget=self._client.budgets.fields)
        except NotAllowed:
            return self._go_without()
        if not answer.succeeded:
            return self._go_without()
        return {name: kind for name, kind in answer.body["fields"].items() if isinstance(kind, str)}

    def _go_without(self) -> Mapping[str, str]:
        self._logger.warning(
            "Iterable does not tell the project's profile fields: they are sent unchecked, and max_new_fields is not "
            "kept"
        )
        return {}


@dataclass(frozen=True, slots=True)
class _Look:
    """A field whose value must be looked at.

    Attributes:
        name: Its name.
        path: Its dotted path.
        classes: Classes of elements with which a list is what the field takes.
        is_new: Whether it is new.
    """

    name: str
    path: str
    classes: frozenset[type]
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done with the fields of objects that have the same names and classes of values.

    Attributes:
        look: The fields whose values must be looked at, one by one.
        new: Of the others, the paths that are new.
    """

    look: tuple[_Look, ...]
    new: frozenset[str]


class _Plans:
    """The plans for each kind of object, made once: most values are what their field takes.

    Looking at every value costs a third of all that is done for a record.

    Attributes:
        types: Types that the project has fixed.
        announced: Types that the stream's SCHEMA announces.
    """

    def __init__(self, types: Mapping[str, str], announced: Mapping[str, str], accepted: set[str]) -> None:
        """Begin without a plan.

        Args:
            types: Types that the project has fixed; none if it does not tell them.
            announced: Types that the stream's SCHEMA announces.
            accepted: Fields that the project does not know, and that this run has dealt with.
        """
        self.types = types
        self.announced = announced
        self._accepted = accepted
        self._plans: dict[tuple[str, tuple[str, ...], tuple[type, ...]], _Plan] = {}

    def of(self, prefix: str, fields: Mapping[str, Any]) -> _Plan:
        """Return the plan for an object's fields; `prefix` is its path with a period, or nothing."""
        shape = (prefix, tuple(fields), tuple(map(type, fields.values())))
        plan = self._plans.get(shape)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[shape] = self._make(prefix, fields)
        return plan

    def is_new(self, path: str) -> bool:
        """Tell whether the project does not know a field, as far as it tells its fields, nor this run."""
        return bool(self.types) and path not in self.types and path not in self._accepted

    def _make(self, prefix: str, fields: Mapping[str, Any]) -> _Plan:
        look: list[_Look] = []
        new: set[str] = set()
        for name, value in fields.items():
            path = prefix + name
            known = self.types.get(path)
            is_new = self.is_new(path)
            kind = known or self.announced.get(path)
            classes = SINGLE_VALUES if kind is None else AS_IT_IS.get(kind, frozenset())
            if value.__class__ not in classes:
                if value is not None:
                    look.append(_Look(name, path, classes, is_new))
            elif is_new:
                new.add(path)
        return _Plan(tuple(look), frozenset(new))


class _Fitting:
    """One record's passage through the types.

    Attributes:
        new: The fields that are new and that the record gives a value.
        fault: What does not fit, without the value; None if all does.
    """

    def __init__(self, plans: _Plans) -> None:
        self._plans = plans
        self._types = plans.types
        self._announced = plans.announced
        self.new: set[str] = set()
        self.fault: str | None = None

    def fit_object(self, prefix: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        plan = self._plans.of(prefix, fields)
        self.new |= plan.new
        fitted = dict(fields)
        for look in plan.look:
            value = fields[look.name]
            if value.__class__ is list and value and look.classes.issuperset(map(type, value)):
                if look.is_new:
                    self.new.add(look.path)
            else:
                fitted[look.name] = self._fit(look.path, value)
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
        if self._plans.is_new(path):
            self.new.add(path)
        announced = self._announced.get(path)
        if announced is not None:
            try:
                value = fit_value(announced, value)
            except Misfit:
                return value
        return self.fit_object(f"{path}.", value) if isinstance(value, dict) else value
