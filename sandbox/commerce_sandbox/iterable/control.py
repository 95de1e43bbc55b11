"""Changing the emulated project from outside: ``/_sandbox/iterable/settings`` and ``/users``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from commerce_sandbox.iterable.answers import RefusalError
from commerce_sandbox.iterable.body_shape import find_faults
from commerce_sandbox.iterable.element_error import ElementError
from commerce_sandbox.iterable.request_bodies import USER_UPDATE
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.user_writes import write_user
from commerce_sandbox.json_response import JsonResponse, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from commerce_sandbox.iterable.project import Project


class _SeedUsers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    users: list[dict[str, Any]]


class Control:
    """Answers the control requests of this service.

    Args:
        current_project: Gives the project as it is now.
        change_settings: Puts other settings in force.
    """

    def __init__(
        self,
        current_project: Callable[[], Project],
        change_settings: Callable[[IterableSettings], None],
    ) -> None:
        self._current_project = current_project
        self._change_settings = change_settings

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, to be mounted at ``/_sandbox/iterable``."""
        return [
            Route("/settings", self.read_settings),
            Route("/settings", self.write_settings, methods=["POST"]),
            Route("/users", self.seed_users, methods=["POST"]),
        ]

    async def read_settings(self, _request: Request) -> Response:
        """Show the settings in force, without the key."""
        return JsonResponse(_shown(self._current_project().settings))

    async def write_settings(self, request: Request) -> Response:
        """Change some settings, named as the fields of ``IterableSettings``; buckets start full again."""
        changes = await read_json(request, dict[str, Any])
        project = self._current_project()
        unknown = sorted(changes.keys() - set(IterableSettings.__slots__))
        if unknown:
            raise HTTPException(400, f"there are no settings {', '.join(unknown)}")
        try:
            settings = msgspec.convert({**asdict(project.settings), **changes}, IterableSettings)
        except msgspec.ValidationError as error:
            raise HTTPException(400, f"the settings do not fit: {error}") from error
        if settings.project_type != project.settings.project_type and len(project.profiles):
            raise HTTPException(409, "project_type cannot change while there are users; reset the service first")
        self._change_settings(settings)
        return JsonResponse(_shown(settings))

    async def seed_users(self, request: Request) -> Response:
        """Write users (elements as in ``users/update``) without key or limit; all before a bad one are kept."""
        seeds = await read_json(request, _SeedUsers)
        project = self._current_project()
        for index, element in enumerate(seeds.users):
            faults = find_faults(USER_UPDATE, element)
            if faults:
                raise HTTPException(400, f"users[{index}] does not fit: {', '.join(faults)}")
            try:
                write_user(project, element, project.clock.now())
            except ElementError as error:
                raise HTTPException(400, f"users[{index}]: {error.list_name()}") from error
            except RefusalError as error:
                raise HTTPException(400, f"users[{index}]: {error.answer.document['code']}") from error
        return JsonResponse({"users": len(project.profiles)})


def _shown(settings: IterableSettings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name != "api_key"}
