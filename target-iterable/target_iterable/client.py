"""Speaks with Iterable: host, key, and how often each endpoint may be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.client import ApiClient
from delivery.pace import Budget
from delivery.redaction import Redaction

from target_iterable.answers import check_access, check_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from delivery.client import RetryPolicy
    from delivery.shutdown import Shutdown

    from target_iterable.answers import Answer
    from target_iterable.contracts import Contract

HOSTS = {"us": "https://api.iterable.com", "eu": "https://api.eu.iterable.com"}
READ_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """How often each endpoint may be called. Iterable: limits are per project or key, shared with all integrations."""

    users_bulk_update: Budget
    events_bulk: Budget
    event_reads: Budget
    commerce: Budget
    catalog_items: Budget
    reads: Budget
    fields: Budget
    forgotten: Budget
    forget: Budget
    user_deletions: Budget
    user_merges: Budget
    email_changes: Budget
    subscriptions: Budget
    lists: Budget

    @classmethod
    def documented(cls, shutdown: Shutdown, commerce_per_second: float) -> Budgets:
        """Return the documented limits; those of commerce, e-mail changes, subscriptions and lists are not.

        Args:
            shutdown: The switch that ends waiting.
            commerce_per_second: Limit to assume for purchases and carts.
        """
        return cls(
            # Hardly anything but loaders calls these two: nearly all is used, spaced so that no second sees too many.
            users_bulk_update=Budget(5, shutdown, share=0.95, burst=1),
            events_bulk=Budget(10, shutdown, share=0.95, burst=1),
            event_reads=Budget(100, shutdown),
            commerce=Budget(commerce_per_second, shutdown),
            catalog_items=Budget(100, shutdown),
            reads=Budget(100, shutdown),
            fields=Budget(3, shutdown),
            forgotten=Budget(3, shutdown),
            forget=Budget(3, shutdown),
            user_deletions=Budget(100, shutdown),
            user_merges=Budget(50, shutdown),
            email_changes=Budget(50, shutdown),
            subscriptions=Budget(10, shutdown),
            lists=Budget(10, shutdown),
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

    def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        *,
        contract: Contract,
        stream: str,
        budget: Budget,
        body: bytes | None = None,
        parameters: Mapping[str, str] | None = None,
        shown_path: str | None = None,
        retry: RetryPolicy | None = None,
    ) -> Answer:
        """Send a request and return the answer, if the key is allowed to ask.

        Args:
            method: HTTP method.
            path: Path from `/api` on.
            contract: What the call may be answered with.
            stream: The stream it is for, named if the key is not allowed.
            budget: The endpoint's budget.
            body: JSON text.
            parameters: Query parameters.
            shown_path: The path as it may be shown, where the path itself names a person.
            retry: How to try again, where this call needs it other than all others.

        Raises:
            AccessRefused: If the key does not work.
            StreamStopped: If the key or project does not allow this, or there is no such call.
            ServiceUnavailable: If the service cannot be reached, keeps failing, or answers what the contract does not
                know.
        """
        answer = self.call(
            method,
            path,
            read=contract.read,
            budget=budget,
            body=body,
            parameters=parameters,
            shown_path=shown_path,
            retry=retry,
        )
        check_access(answer, stream)
        if not answer.code and not contract.may_be_absent:
            # Not Iterable's word for something that is missing, but the page of a route that is not there.
            check_endpoint(answer, stream)
        return answer
