"""The emulated Iterable as a service of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable.control import Control
from commerce_sandbox.iterable.endpoints import ENDPOINTS
from commerce_sandbox.iterable.gateway import Gateway
from commerce_sandbox.iterable.limits import RateLimits
from commerce_sandbox.iterable.page import project_page
from commerce_sandbox.iterable.project import Project
from commerce_sandbox.iterable.snapshot import project_counts, project_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import BaseRoute

    from commerce_sandbox.clock import Clock
    from commerce_sandbox.iterable.settings import IterableSettings
    from commerce_sandbox.service import Page


class IterableService:
    """One Iterable project behind its HTTP API.

    Args:
        clock: The sandbox's clock.
        settings: The project's settings at start, to which a reset returns.
    """

    name = "iterable"
    title = "Iterable"

    def __init__(self, clock: Clock, settings: IterableSettings) -> None:
        self._clock = clock
        self._settings_at_start = settings
        self._limits = RateLimits(clock)
        self._project = Project(clock, settings)
        self._gateway = Gateway(lambda: self._project, self._limits)
        self._control = Control(lambda: self._project, self._change_settings)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the vendor's endpoints, mounted at ``/iterable``."""
        return self._gateway.routes(ENDPOINTS)

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return the routes mounted at ``/_sandbox/iterable``."""
        return self._control.routes()

    def snapshot(self) -> Mapping[str, Any]:
        """Return all that the project holds; only ``received_at`` differs between equal runs."""
        return project_snapshot(self._project)

    def counts(self) -> Mapping[str, int]:
        """Return how many users, purchases, events, catalog items and lists there are."""
        return project_counts(self._project)

    def reset(self) -> None:
        """Empty the project, fill all rate-limit buckets and return to the settings at start."""
        self._limits.reset()
        self._project = Project(self._clock, self._settings_at_start)

    def page(self, arguments: Mapping[str, str]) -> Page:
        """Return the page for people."""
        return project_page(self._project, self.counts(), arguments)

    def _change_settings(self, settings: IterableSettings) -> None:
        self._limits.reset()
        if settings.project_type != self._project.settings.project_type:
            self._project = Project(self._clock, settings)
            return
        self._project.settings = settings
        self._project.forget_as_set()
