"""Changing the emulated account from outside: settings, contacts that were there before, imports that go wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from starlette.exceptions import HTTPException
from starlette.routing import Route

from commerce_sandbox.dotdigital.jobs import JobKind
from commerce_sandbox.dotdigital.seeding import SeedContact, seed_contacts
from commerce_sandbox.json_response import JsonResponse, read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from commerce_sandbox.dotdigital.account import Account

_KINDS = {"contacts": JobKind.CONTACT_IMPORT, "insight": JobKind.INSIGHT_IMPORT}


@dataclass(frozen=True, slots=True)
class NextImports:
    """Imports to come that end in a status without doing anything.

    Attributes:
        kind: Which imports.
        status: The status, for example ``RejectedByWatchdog`` or ``Failed``.
        times: How many of them.
    """

    kind: Literal["contacts", "insight"]
    status: str
    times: int = 1


class AccountControl:
    """The control routes of the service.

    Args:
        account: Returns the account as it is now.
    """

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[BaseRoute]:
        """Return the routes, mounted at ``/_sandbox/dotdigital``."""
        return [
            Route("/settings", self.settings, methods=["GET", "POST"]),
            Route("/contacts", self.contacts, methods=["POST"]),
            Route("/next-imports", self.next_imports, methods=["POST"]),
            Route("/programs/{program_id:int}/leave", self.leave_program, methods=["POST"]),
        ]

    async def settings(self, request: Request) -> JsonResponse:
        """Show the settings, or change some of them: ``{"import_seconds": 5}``."""
        account = self._account()
        if request.method == "POST":
            changes: dict[str, Any] = await read_json(request, dict)
            try:
                account.settings = account.settings.changed(changes)
            except ValueError as error:
                raise HTTPException(400, str(error)) from error
        return JsonResponse(asdict(account.settings))

    async def contacts(self, request: Request) -> JsonResponse:
        """Put contacts into the account, a list of :class:`SeedContact`; answers their ids."""
        account = self._account()
        account.catch_up()
        seeds = await read_json(request, list[SeedContact])
        try:
            return JsonResponse({"contact_ids": seed_contacts(account, seeds)}, status_code=201)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error

    async def leave_program(self, request: Request) -> JsonResponse:
        """Let everybody have been through a program: who is enrolled again then enters it again."""
        left = self._account().enrolments.members.pop(request.path_params["program_id"], set())
        return JsonResponse({"contact_ids": sorted(left)})

    async def next_imports(self, request: Request) -> JsonResponse:
        """Let the next imports end in a status without doing anything, a :class:`NextImports`."""
        ordered = await read_json(request, NextImports)
        self._account().jobs.force_status(_KINDS[ordered.kind], ordered.status, ordered.times)
        return JsonResponse(asdict(ordered), status_code=201)
