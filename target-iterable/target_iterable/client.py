"""Speaks with Iterable: host, key, and how often each endpoint may be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.client import ApiClient
from delivery.pace import Budget
from delivery.redaction import Redaction

from target_iterable.answers import Answer, check_access, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from delivery.shutdown import Shutdown

HOSTS = {"us": "https://api.iterable.com", "eu": "https://api.eu.iterable.com"}
READ_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """How often each endpoint may be called. Iterable: limits are per project or key, shared with all integrations."""

    users_bulk_update: Budget
    commerce: Budget
    catalog_items: Budget
    reads: Budget

    @classmethod
    def documented(cls, shutdown: Shutdown, commerce_per_second: float) -> Budgets:
        """Return the documented limits; the one of the commerce endpoints is not documented.

        Args:
            shutdown: The switch that ends waiting.
            commerce_per_second: Limit to assume for purchases.
        """
        return cls(
            users_bulk_update=Budget(5, shutdown),
            commerce=Budget(commerce_per_second, shutdown),
            catalog_items=Budget(100, shutdown),
            reads=Budget(100, shutdown),
        )


class IterableClient(ApiClient):
    """Sends requests to one Iterable project."""

    def __init__(self, *, api_key: str, base_url: str, version: str, budgets: Budgets, shutdown: Shutdown) -> None:
        super().__init__(
            service="Iterable",
            base_url=base_url,
            headers={
                "Api-Key": api_key,
                "Content-Type": "application/json",
                "User-Agent": f"target-iterable/{version}",
            },
            redaction=Redaction([api_key]),
            shutdown=shutdown,
            timeout=(10.0, READ_TIMEOUT_SECONDS),
        )
        self.budgets = budgets

    def ask(
        self,
        method: str,
        path: str,
        *,
        stream: str,
        budget: Budget,
        body: bytes | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return the answer, if the key is allowed to ask.

        Args:
            method: HTTP method.
            path: Path from `/api` on.
            stream: The stream it is for, named if the key is not allowed.
            budget: The endpoint's budget.
            body: JSON text.
            parameters: Query parameters.

        Raises:
            AccessRefused: If the key does not work.
            StreamStopped: If the key or project does not allow this.
            ServiceUnavailable: If the service cannot be reached or keeps failing.
        """
        answer = read_answer(self.call(method, path, budget=budget, body=body, parameters=parameters))
        check_access(answer, stream)
        return answer
