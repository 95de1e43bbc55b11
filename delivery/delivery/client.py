"""Speaks HTTP with a service: sessions, budgets, retries and the redaction of what comes back."""

from __future__ import annotations

import logging
import re
import threading
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

import requests
import tenacity
import urllib3
from requests.auth import AuthBase
from typing_extensions import override

from delivery.bounded_http import AnswerTooLarge, TimedAdapter, read_whole
from delivery.errors import ServiceFailing, ServiceThrottled, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from delivery.pace import Budget
    from delivery.redaction import Redaction
    from delivery.shutdown import Shutdown

logger = logging.getLogger(__name__)

REDIRECTS = range(300, 400)
TOO_MANY_REQUESTS = 429
SERVER_FAULT = 500
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""More than ordinary pages and reports take, unpacked. Taken apart, an answer can take thirty times its size."""
SECONDS_FOR_A_BODY = 60.0
TRIES_AT_LEAST = 2
_WHOLE_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)

T = TypeVar("T")


class TransientFault(Exception):
    """A call that failed in a way that may pass: a broken connection, a timeout, a 5xx answer.

    Attributes:
        retry_after: Seconds the service asked to wait, when it said so.
        status: The HTTP status of a 5xx answer; None if there was no answer.
    """

    def __init__(self, text: str, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.status = status


class UnexpectedAnswer(TransientFault):
    """The service answered with something that its contract does not know for the call.

    A proxy's page of its own, an empty body, half a document: whether the service has acted is not known, so nothing
    counts as delivered and nothing as refused. The text says what came, without any of it.
    """


class Throttled(Exception):
    """The service refused a call because too many came at once.

    Attributes:
        retry_after: Seconds the service asked to wait, when it said so.
    """

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after


class RetryPolicy:
    """How often and how patiently a call is tried again.

    Args:
        attempts: Tries for faults that may pass; being throttled does not use them up.
        base_seconds: Longest wait before the second try; it doubles from there, with full jitter.
        longest_wait_seconds: Longest wait between two tries.
        throttled_seconds: How long in all one call may be held up by throttling.
        attempts_while_failing: Tries for an endpoint that has just failed at all of `attempts`, until it answers
            again: whoever asks it still wants to find out which request it cannot bear, not to wait for it.
        patience_seconds: No try begins later than this after the first, but for the second.
        longest_asked_seconds: Longest wait between two tries that the service may ask for.
    """

    def __init__(
        self,
        attempts: int = 8,
        base_seconds: float = 0.5,
        longest_wait_seconds: float = 60.0,
        throttled_seconds: float = 1800.0,
        attempts_while_failing: int = 3,
        patience_seconds: float = 120.0,
        longest_asked_seconds: float = 60.0,
    ) -> None:
        self.attempts = attempts
        self.base_seconds = base_seconds
        self.longest_wait_seconds = longest_wait_seconds
        self.throttled_seconds = throttled_seconds
        self.attempts_while_failing = attempts_while_failing
        self.patience_seconds = patience_seconds
        self.longest_asked_seconds = longest_asked_seconds


class _Tries:
    """Counts the tries of one call: the stop and wait rules of tenacity in one place."""

    def __init__(self, policy: RetryPolicy, call: str, attempts: int) -> None:
        self._policy = policy
        self._call = call
        self._attempts = attempts
        self._faults = 0
        self._told_throttled = False
        self._jitter = tenacity.wait_random_exponential(multiplier=policy.base_seconds, max=policy.longest_wait_seconds)

    def spent(self, state: tenacity.RetryCallState) -> bool:
        """Whether the call is given up; counts the fault that just happened."""
        failure = _failure(state)
        if isinstance(failure, TransientFault):
            self._faults += 1
            next_begins = (state.seconds_since_start or 0.0) + state.upcoming_sleep
            out_of_patience = self._faults >= TRIES_AT_LEAST and next_begins > self._policy.patience_seconds
            return self._faults >= self._attempts or out_of_patience
        # A service that names a time further away than the patience goes is believed at once.
        asked = (failure.retry_after or 0.0) if isinstance(failure, Throttled) else 0.0
        return (state.seconds_since_start or 0.0) + asked > self._policy.throttled_seconds

    def wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next try; a throttled call waits in its budget instead."""
        failure = _failure(state)
        if not isinstance(failure, TransientFault):
            return 0.0
        return max(self._jitter(state), min(failure.retry_after or 0.0, self._policy.longest_asked_seconds))

    def tell(self, state: tenacity.RetryCallState) -> None:
        """Say that a call is tried again: a run that waits must not look like one that hangs."""
        failure = _failure(state)
        if isinstance(failure, TransientFault):
            seconds = state.next_action.sleep if state.next_action else 0.0
            logger.warning(
                "%s: %s; trying again in %.1f s (%d of %d tries)",
                self._call,
                failure,
                seconds,
                self._faults,
                self._attempts,
            )
        elif not self._told_throttled:
            self._told_throttled = True
            logger.warning("%s: the service asks for fewer calls; slowing down", self._call)


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


class _NoFurtherCredentials(AuthBase):
    """Leaves a request as it is: without an auth object, requests would add what a netrc file says of the host."""

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _OnlyErrors(logging.Filter):
    """Holds what urllib3 says below an error: its lines show paths and queries, which name people."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR


def hold_request_lines() -> None:
    """Keep addresses in requests out of the log, whatever level a user's logging configuration asks for."""
    for name in ("connection", "connectionpool", "response", "util.retry"):
        of_urllib3 = logging.getLogger(f"urllib3.{name}")
        if not any(isinstance(known, _OnlyErrors) for known in of_urllib3.filters):
            of_urllib3.addFilter(_OnlyErrors())


class ApiClient:
    """Sends requests to one service from any thread.

    A loader subclasses it with the service's authentication and its words for refusals. What an answer means is for
    the loader to say: whoever calls brings what reads the answer, and says so if it is none that the contract knows.

    Attributes:
        largest_answer_bytes: Most bytes of an answer, unpacked.
    """

    largest_answer_bytes: ClassVar[int] = LARGEST_ANSWER_BYTES

    def __init__(
        self,
        *,
        service: str,
        base_url: str,
        headers: Mapping[str, str],
        redaction: Redaction,
        shutdown: Shutdown,
        retry: RetryPolicy | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        answer_seconds: float | None = None,
    ) -> None:
        """Make a client.

        Args:
            service: The service's name, for error texts.
            base_url: Scheme, host and prefix of every path.
            headers: Sent with every request; may hold credentials.
            redaction: Knows the credentials.
            shutdown: The switch that ends waiting.
            retry: How to try again.
            timeout: Seconds to wait for a connection, and for each piece of an answer.
            answer_seconds: Seconds that a whole answer may take; by default a minute more than for its first piece.
        """
        self.service = service
        self.base_url = base_url.rstrip("/")
        self.redaction = redaction
        self.shutdown = shutdown
        self._headers = dict(headers)
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._answer_seconds = timeout[1] + SECONDS_FOR_A_BODY if answer_seconds is None else answer_seconds
        self._local = threading.local()
        self._failing: set[str] = set()
        hold_request_lines()

    def call(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[requests.Response], T],
        budget: Budget,
        body: bytes | None = None,
        parameters: Mapping[str, str] | None = None,
        shown_path: str | None = None,
        retry: RetryPolicy | None = None,
    ) -> T:
        """Send one request and return what is read from the answer, trying again while that may help.

        Args:
            method: HTTP method.
            path: Path below the base URL, already percent-encoded.
            read: Makes something of an answer that is neither a server fault, nor a redirect, nor a refusal for going
                too fast. Raises `UnexpectedAnswer` if it is none that the contract knows for this call.
            budget: What the endpoint may be asked for; each try takes its turn there.
            body: JSON text to send.
            parameters: Query parameters.
            shown_path: The path as error texts may show it, where the path itself names a person.
            retry: How to try again, where this call needs it other than the client's.

        Raises:
            ServiceFailing: If the service keeps answering with server faults.
            ServiceThrottled: If it keeps refusing the call because of its rate limit.
            ServiceUnavailable: If the service cannot be reached, or keeps answering what its contract does not know.
            Interrupted: If the run ends while waiting.
        """
        shown = f"{method} {shown_path or path}"
        policy = retry or self._retry
        attempts = min(policy.attempts, policy.attempts_while_failing) if shown in self._failing else policy.attempts
        tries = _Tries(policy, f"{self.service}, {shown}", attempts)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((TransientFault, Throttled)),
            stop=tries.spent,
            wait=tries.wait,
            sleep=self.shutdown.sleep,
            before_sleep=tries.tell,
            reraise=True,
        )

        def attempt() -> T:
            budget.acquire()
            response = self._send(method, path, body, parameters)
            self.inspect(response, budget)
            return read(response)

        try:
            result: T = retrying(attempt)
        except TransientFault as fault:
            message = f"{self.service} at {self.base_url} does not answer as it should: {shown}: {fault}"
            if fault.status is None:
                raise ServiceUnavailable(message) from None
            if attempts > policy.attempts_while_failing:
                self._failing.add(shown)
            raise ServiceFailing(message, fault.status, asks_to_wait=bool(fault.retry_after)) from None
        except Throttled:
            message = (
                f"{self.service} refuses {shown} for more than {policy.throttled_seconds:.0f} seconds "
                "because of its rate limit; find out what else uses this account's allowance"
            )
            raise ServiceThrottled(message) from None
        self._failing.discard(shown)
        return result

    def inspect(self, response: requests.Response, budget: Budget) -> None:
        """Tell a passing fault from an answer.

        Raises:
            Throttled: If the answer is a refusal for going too fast; the budget knows it by then.
            TransientFault: If the answer is a server fault.
            UnexpectedAnswer: If it is a redirect, which no call knows: credentials and data go nowhere else.
        """
        if response.status_code in REDIRECTS:
            text = f"HTTP {response.status_code}, a redirect, which is not followed: check the setting api_url"
            raise UnexpectedAnswer(text)
        if response.status_code == TOO_MANY_REQUESTS:
            wait = retry_after_seconds(response)
            budget.refused(wait)
            raise Throttled(wait)
        if response.status_code >= SERVER_FAULT:
            text = f"HTTP {response.status_code}"
            raise TransientFault(text, retry_after_seconds(response), response.status_code)
        budget.accepted()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        parameters: Mapping[str, str] | None,
    ) -> requests.Response:
        began_at = time.monotonic()
        try:
            response = self._session().request(
                method,
                self.base_url + path,
                data=body,
                params=parameters,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            read_whole(response, self.largest_answer_bytes)
        except AnswerTooLarge:
            text = f"an answer of more than {self.largest_answer_bytes // 1024 // 1024} MB"
            raise UnexpectedAnswer(text) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            # The library's own text may repeat the URL with its query: only the kind of fault is kept.
            in_time = time.monotonic() - began_at < self._answer_seconds
            raise TransientFault(_kind_of(error) if in_time else "no whole answer within the time allowed") from None
        return response

    def _session(self) -> requests.Session:
        # One session a thread: a requests session is not promised to be safe to share.
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update(self._headers)
            session.auth = _NoFurtherCredentials()
            session.mount("https://", TimedAdapter(self._answer_seconds))
            session.mount("http://", TimedAdapter(self._answer_seconds))
            self._local.session = session
        return session


def _kind_of(error: Exception) -> str:
    kinds: list[tuple[type[Exception], str]] = [
        (requests.exceptions.SSLError, "the TLS handshake failed"),
        (requests.exceptions.ConnectTimeout, "no connection within the time allowed"),
        (requests.exceptions.ReadTimeout, "no answer within the time allowed"),
        (requests.exceptions.ConnectionError, "the connection was refused or broke"),
        (requests.exceptions.ChunkedEncodingError, "the connection broke in the middle of the answer"),
        (requests.exceptions.ContentDecodingError, "the answer cannot be unpacked"),
        (requests.exceptions.InvalidURL, "the URL is not valid"),
    ]
    return next((text for kind, text in kinds if isinstance(error, kind)), type(error).__name__)


def retry_after_seconds(
    response: requests.Response,
    now: Callable[[], datetime] = lambda: datetime.now(tz=timezone.utc),
) -> float | None:
    """Return how long the service asks to wait: `Retry-After` in seconds or as a date.

    Args:
        response: The answer.
        now: Tells the time, aware.
    """
    value = response.headers.get("Retry-After", "").strip()
    if _WHOLE_SECONDS.fullmatch(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, (moment - now()).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        # Neither a number of seconds nor a date: the service has asked for nothing.
        return None
