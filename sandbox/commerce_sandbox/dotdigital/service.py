"""The emulated Dotdigital service as the sandbox mounts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from commerce_sandbox.dotdigital.account import Account
from commerce_sandbox.dotdigital.api import ENDPOINTS
from commerce_sandbox.dotdigital.control import AccountControl
from commerce_sandbox.dotdigital.gateway import Gateway
from commerce_sandbox.dotdigital.page import account_page
from commerce_sandbox.dotdigital.path_table import PathTable
from commerce_sandbox.dotdigital.snapshot import counts, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import BaseRoute

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.dotdigital.settings import DotdigitalSettings
    from commerce_sandbox.service import Page


class DotdigitalService:
    """One Dotdigital account behind the vendor's paths.

    Args:
        clock: The sandbox's clock.
        settings: How the account behaves at the start and after a reset.
    """

    name = "dotdigital"
    title = "Dotdigital"

    def __init__(self, clock: Clock, settings: DotdigitalSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._account = Account.new(clock, settings)
        self._gateway = Gateway(PathTable(ENDPOINTS), lambda: self._account)

    @property
    def settings(self) -> DotdigitalSettings:
        """How the account behaves now."""
        return self._account.settings

    def routes(self) -> Sequence[BaseRoute]:
        """Return the API, mounted at ``/dotdigital``; the gateway finds its way among the vendor's paths itself."""
        return [Route("/{path:path}", self._gateway)]

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return the control routes, mounted at ``/_sandbox/dotdigital``."""
        return AccountControl(lambda: self._account).routes()

    def snapshot(self) -> Mapping[str, Any]:
        """Return all that the account holds, in a stable order."""
        self._account.catch_up()
        return snapshot(self._account)

    def counts(self) -> Mapping[str, int]:
        """Return the numbers of things the account holds."""
        self._account.catch_up()
        return counts(self._account)

    def reset(self) -> None:
        """Begin anew with an empty account and the settings of the start."""
        self._account = Account.new(self._clock, self._settings)

    def page(self, arguments: Mapping[str, str]) -> Page:
        """Return the page for people."""
        self._account.catch_up()
        return account_page(self._account, arguments)
