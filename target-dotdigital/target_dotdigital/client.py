"""Speaks with Dotdigital: host, credentials, limits, and the refusals that end a run."""

from __future__ import annotations

from base64 import b64encode
from copy import copy
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from delivery.client import ApiClient, RetryPolicy, Throttled
from delivery.errors import AccessRefused
from delivery.redaction import Redaction
from typing_extensions import override

from target_dotdigital.answers import (
    BAD_REQUEST,
    TOO_MANY,
    Answer,
    error_of,
    full_account,
    is_busy,
    is_error,
    is_job_limit,
    json_of,
)
from target_dotdigital.pace import LONGEST_WAIT_SECONDS, TierBudget, TierLimits, seconds_to_reset

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from delivery.pace import Budget
    from delivery.shutdown import Shutdown

    from target_dotdigital.answer_contract import Contract

UNAUTHORIZED = 401
FORBIDDEN = 403
SECONDS_TO_CONNECT = 10.0
SECONDS_TO_ANSWER = 121.0
"""Dotdigital: allow 121 seconds before a call counts as lost. It is tried twice in any case."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """One budget for each kind of call, so that a kind's tier is learnt from its own answers."""

    imports: TierBudget
    polls: TierBudget
    contact_reads: TierBudget
    contact_writes: TierBudget
    contact_pages: TierBudget
    account: TierBudget
    insight_writes: TierBudget
    enrolments: TierBudget

    @classmethod
    def of_account(cls, shutdown: Shutdown) -> Budgets:
        """Return the budgets of one account."""
        limits = TierLimits()
        return cls(*(TierBudget(limits, shutdown) for _ in fields(cls)))


class DotdigitalClient(ApiClient):
    """Sends requests to one Dotdigital account.

    Args:
        username: User name of the API user.
        password: Its password.
        base_url: The account's host.
        version: Of this loader.
        budgets: How often each kind of call may be sent.
        shutdown: The switch that ends waiting.
    """

    # The report of an import echoes what was not stored, and a page of contacts is long.
    largest_answer_bytes: ClassVar[int] = 64 * 1024 * 1024

    def __init__(
        self,
        *,
        username: str,
        password: str,
        base_url: str,
        version: str,
        budgets: Budgets,
        shutdown: Shutdown,
    ) -> None:
        credentials = b64encode(f"{username}:{password}".encode()).decode()
        super().__init__(
            service="Dotdigital",
            base_url=base_url,
            headers={
                "Accept": "application/json",
                "Authorization": f"Basic {credentials}",
                "Content-Type": "application/json",
                "User-Agent": f"target-dotdigital/{version}",
            },
            redaction=Redaction([password, credentials, username]),
            shutdown=shutdown,
            timeout=(SECONDS_TO_CONNECT, SECONDS_TO_ANSWER),
            answer_seconds=SECONDS_TO_ANSWER,
        )
        self.budgets = budgets

    def ask(
        self,
        method: str,
        path: str,
        *,
        contract: Contract,
        budget: Budget,
        body: bytes | None = None,
        parameters: Mapping[str, str] | None = None,
        shown_path: str | None = None,
    ) -> Answer:
        """Send a request and return the answer.

        Args:
            method: HTTP method.
            path: Path from `/v2` or `/contacts` on, percent-encoded.
            contract: What the answer may be.
            budget: The budget of this kind of call.
            body: JSON text.
            parameters: Query parameters.
            shown_path: The path as it may be shown, where the path itself names a person.

        Raises:
            AccessRefused: If the credentials do not work or the account does not allow this.
            ServiceUnavailable: If the service cannot be reached, keeps failing, or keeps answering what the contract
                does not know.
        """
        return self.call(
            method,
            path,
            read=lambda response: contract.read(response, self.redaction),
            budget=budget,
            body=body,
            parameters=parameters,
            shown_path=shown_path,
        )

    def trying_once(self) -> DotdigitalClient:
        """Return a client of the same account that does not repeat a call whose end is unclear."""
        once = copy(self)
        once._retry = RetryPolicy(attempts=1)  # noqa: SLF001 - its own attribute, on its own copy
        return once

    @override
    def inspect(self, response: requests.Response, budget: Budget) -> None:
        if isinstance(budget, TierBudget):
            budget.observe(response)
        status = response.status_code
        data = json_of(response) if status >= BAD_REQUEST else None
        code, text = error_of(data) if is_error(data) else ("", "")
        if status == UNAUTHORIZED:
            message = (
                "Dotdigital refuses the credentials (401): check the settings username and password; they are those "
                "of an API user (Settings > Access > API users), not of a person"
            )
            raise AccessRefused(message)
        if status == FORBIDDEN:
            message = (
                f"Dotdigital at {self.base_url} forbids this ({code or 'HTTP 403'}): the account may live in another "
                'region (setting region; "auto" finds it), or the feature may be switched off in the account'
            )
            raise AccessRefused(message)
        if full_account(code):
            raise AccessRefused(full_account(code))
        if is_job_limit(code):
            # A limit of jobs, not of calls: whoever sent the job waits for the end of another.
            budget.accepted()
            return
        if status == TOO_MANY or is_busy(status, code, text):
            seconds = seconds_to_reset(response)
            budget.refused(None if seconds is None else min(seconds, LONGEST_WAIT_SECONDS))
            # What is further away than this call's patience goes ends it at once.
            raise Throttled(seconds)
        super().inspect(response, budget)
