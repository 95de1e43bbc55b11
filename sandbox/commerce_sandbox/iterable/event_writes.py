"""``events/track`` and ``events/trackBulk``."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, bad_params, success
from commerce_sandbox.iterable.bulk_failures import EVENT_REASONS, BulkFailures, check_batch_size
from commerce_sandbox.iterable.element_error import ElementError, Reason
from commerce_sandbox.iterable.field_schema import OversizedValueError, SchemaChange
from commerce_sandbox.iterable.profile_updates import without_nulls
from commerce_sandbox.iterable.profiles import Event
from commerce_sandbox.iterable.user_writes import creates_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.identity import Identity
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

MAX_ID_BYTES: Final = 512
"""Longest id of an event or a purchase."""

_EVENT_ID: Final = re.compile(r"[A-Za-z0-9-]+")
_SECONDS_END: Final = 100_000_000_000
"""Larger times are taken as milliseconds: a partner sends those and has a recorded 200."""


def track_event(call: Call) -> Answer:
    """Store one event (``POST /api/events/track``)."""
    project, element = call.project, call.body
    if element["eventName"] in project.settings.disallowed_event_names:
        return success(f"Event name {element['eventName']} is disallowed from tracking")
    check_event_id(element)
    change = SchemaChange(project.event_schema, create_new_fields=True)
    try:
        identity = identities.read_identity(project, element)
        data = admit_event_fields(project, element, change)
        change.commit(project.settings.event_field_limit, project.settings.project_id)
        profile = _tracked_profile(project, identity, call.now)
    except ElementError as error:
        raise error.as_refusal(project.settings, forgotten_status=400) from error
    event = store_event(project, profile, element, data, call.now)
    return success(f"Event with id: {event.event_id} tracked.", {"id": event.event_id})


def bulk_track_events(call: Call) -> Answer:
    """Store many events (``POST /api/events/trackBulk``); an empty array is a success with zero counts.

    A clash of types in one event fails the whole batch; an unknown, malformed or forgotten person only the
    events of that person.
    """
    project = call.project
    elements: Sequence[Mapping[str, Any]] = call.body["events"]
    check_batch_size(elements, project.settings)
    for element in elements:
        check_event_id(element)
    change = SchemaChange(project.event_schema, create_new_fields=True)
    failures = BulkFailures(EVENT_REASONS)
    disallowed: dict[str, None] = {}
    admitted: list[tuple[Mapping[str, Any], Identity, dict[str, Any]]] = []
    for element in elements:
        if element["eventName"] in project.settings.disallowed_event_names:
            disallowed[element["eventName"]] = None
            failures.count += 1
            continue
        try:
            identity = identities.read_identity(project, element)
        except ElementError as error:
            failures.add(error)
            continue
        admitted.append((element, identity, admit_event_fields(project, element, change)))
    change.commit(project.settings.event_field_limit, project.settings.project_id)
    for element, identity, data in admitted:
        try:
            profile = _tracked_profile(project, identity, call.now)
        except ElementError as error:
            failures.add(error)
            continue
        store_event(project, profile, element, data, call.now)
    return Answer(
        failures.answer(
            len(elements),
            createdFields=list(change.created),
            filteredOutFields=list(change.filtered),
            disallowedEventNames=list(disallowed),
        )
    )


def store_event(
    project: Project, profile: Profile, element: Mapping[str, Any], data: dict[str, Any], now: datetime
) -> Event:
    """Store an event; one with the same id is replaced, whatever its name and whosever it was."""
    given_id: str | None = element.get("id")
    event = Event(
        given_id or uuid4().hex,
        element["eventName"],
        profile,
        read_time(element.get("createdAt")) or now,
        data,
        _whole_or_none(element.get("campaignId")),
        _whole_or_none(element.get("templateId")),
        has_own_id=given_id is not None,
        has_own_time=element.get("createdAt") is not None,
        received_at=now,
    )
    earlier = project.events.get(event.event_id)
    if earlier is not None:
        del earlier.profile.events[event.event_id]
    project.events[event.event_id] = event
    profile.events[event.event_id] = event
    return event


def admit_event_fields(project: Project, element: Mapping[str, Any], change: SchemaChange) -> dict[str, Any]:
    """Pass the fields of one event through the schema of its name.

    Raises:
        RefusalError: 400 ``BadParams`` for a value that is too long.
    """
    change.prefix = f"{element['eventName']}."
    change.create_new_fields = creates_fields(project, element)
    return admit_fields(element.get("dataFields") or {}, change)


def admit_fields(fields: Mapping[str, Any], change: SchemaChange) -> dict[str, Any]:
    """Pass fields through a schema and leave out nulls.

    Raises:
        RefusalError: 400 ``BadParams`` for a value that is too long.
    """
    try:
        admitted: dict[str, Any] = without_nulls(change.admit(fields))
    except OversizedValueError as error:
        msg = f"The value of {error.path} is too long"
        raise bad_params(msg) from error
    return admitted


def read_time(created_at: float | None) -> datetime | None:
    """Return the moment of a ``createdAt``: Unix seconds; milliseconds are told apart by their size.

    Raises:
        RefusalError: 400 ``BadParams`` if there is no such moment.
    """
    if created_at is None:
        return None
    seconds = created_at / 1000 if abs(created_at) >= _SECONDS_END else created_at
    try:
        return datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        msg = "createdAt is out of range"
        raise bad_params(msg) from error


def check_event_id(element: Mapping[str, Any]) -> None:
    """Refuse an event id that is too long or has other characters than letters, digits and hyphens.

    Raises:
        RefusalError: 400 ``BadParams``.
    """
    event_id: str | None = element.get("id")
    if event_id is None:
        return
    if len(event_id) > MAX_ID_BYTES or _EVENT_ID.fullmatch(event_id) is None:
        msg = "An event id has at most 512 bytes of letters, digits and hyphens"
        raise bad_params(msg)


def _tracked_profile(project: Project, identity: Identity, now: datetime) -> Profile:
    """Return whose event it is, creating the person where the project type allows it.

    Raises:
        ElementError: ``NOT_FOUND``: unknown in an email-based project, or unknown by address in a hybrid one.
    """
    profile = identities.find(project, identity)
    if profile is not None:
        return profile
    project_type = project.settings.project_type
    if project_type == "email" or (project_type == "hybrid" and identity.user_id is None):
        raise identity.error(Reason.NOT_FOUND, "User does not exist")
    return identities.create(project, identity, now, prefer_user_id=False)


def _whole_or_none(value: float | None) -> int | None:
    return None if value is None else int(value)
