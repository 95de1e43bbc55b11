"""One pooled HTTP session that repeats what may be repeated."""

from __future__ import annotations

import logging
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from typing_extensions import override
from urllib3.exceptions import DecodeError, HTTPError

from tap_commercetools.errors import RequestRefusedError, UnavailableError
from tap_commercetools.retry import RetryPolicy, seconds_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_commercetools.parallel_limit import ParallelLimit
    from tap_commercetools.platform_clock import PlatformClock

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 70.0
"""The platform gives up on a request after 60 seconds; waiting a little longer lets it say so."""
_POOL_SIZE = 32
_LONGEST_PLATFORM_MESSAGE = 200
_NETWORK_ADVICE = "check the settings region, api_url and auth_url, and the network"
_PLATFORM_ADVICE = "run again later, the next run continues from the last STATE"

SMALLER_PAGE_HELPS = frozenset({"QueryTimedOut", "ContentTooLarge"})
"""Error codes that say a page is too heavy; commercetools reports a query's timeout as a 400."""

_OVERLOADED = frozenset({requests.codes.too_many_requests, requests.codes.service_unavailable})

T = TypeVar("T")


class _ErrorDetail(msgspec.Struct):
    code: str = ""


class _ErrorBody(msgspec.Struct):
    message: str = ""
    errors: list[_ErrorDetail] = []
    error: str = ""


class _TransientFailureError(Exception):
    """A try that failed in a way that the next may not."""

    def __init__(self, reason: str, advice: str, seconds_asked: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.seconds_asked = seconds_asked


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    Attributes:
        status: The HTTP status.
        headers: The headers; their names in any case.
        body: The body, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class BearerToken(AuthBase):
    """Puts an access token on a request; as an auth object, so that a netrc file cannot replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """Sends requests, repeating those that fail for a passing reason.

    Passing reasons: no connection, no answer in time, 429, any 5xx, and a success whose body is not the JSON expected
    (a proxy's HTML page, a truncated answer). Reads and token requests may all be repeated safely.
    """

    def __init__(self, clock: PlatformClock, policy: RetryPolicy, user_agent: str, limit: ParallelLimit) -> None:
        self._clock = clock
        self._policy = policy
        self._limit = limit
        self._environments: dict[str, Mapping[str, Any]] = {}
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=_POOL_SIZE)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        weakref.finalize(self, self._session.close)

    def get(
        self,
        url: str,
        parameters: Sequence[tuple[str, str]],
        token: str,
        read: Callable[[Answer], T],
    ) -> T:
        """Send a GET with an access token.

        Args:
            url: The address.
            parameters: Query parameters, in order, names may repeat.
            token: The access token.
            read: Makes something of a successful answer; raises `msgspec.DecodeError` if that is not possible.

        Raises:
            RequestRefusedError: If the platform answers with an error that will not pass.
            UnavailableError: If it stays unreachable or keeps failing.
        """
        request = requests.Request("GET", url, params=list(parameters), auth=BearerToken(token))
        return self._repeatedly(request, read)

    def post_json(self, url: str, body: bytes, token: str, read: Callable[[Answer], T]) -> T:
        """Send JSON by POST with an access token, to ask for something; arguments and errors otherwise as in `get`."""
        headers = {"Content-Type": "application/json"}
        return self._repeatedly(
            requests.Request("POST", url, data=body, headers=headers, auth=BearerToken(token)), read
        )

    def post_form(
        self,
        url: str,
        form: dict[str, str],
        basic_auth: tuple[str, str],
        read: Callable[[Answer], T],
    ) -> T:
        """Send a form by POST with a name and a password; arguments and errors otherwise as in `get`."""
        name, password = basic_auth
        auth = requests.auth.HTTPBasicAuth(name.encode(), password.encode())
        return self._repeatedly(requests.Request("POST", url, data=form, auth=auth), read)

    def _repeatedly(self, request: requests.Request, read: Callable[[Answer], T]) -> T:
        tries = Retrying(
            stop=stop_after_attempt(self._policy.tries),
            wait=self._wait,
            retry=retry_if_exception_type(_TransientFailureError),
            before_sleep=self._announce,
            reraise=True,
        )
        try:
            result: T = tries(self._once, request, read)
        except _TransientFailureError as failure:
            message = f"{failure.reason}, {self._policy.tries} times in a row: {failure.advice}"
            raise UnavailableError(message) from failure
        return result

    def _once(self, request: requests.Request, read: Callable[[Answer], T]) -> T:
        host = urlsplit(request.url).netloc
        answer = self._send(host, request)
        self._clock.observe(answer.headers.get("Date"))
        if requests.codes.ok <= answer.status < requests.codes.multiple_choices:
            self._limit.succeeded()
            try:
                return read(answer)
            except msgspec.DecodeError as error:
                kind = answer.headers.get("Content-Type", "of unknown type").partition(";")[0]
                reason = f"{host} answered {answer.status} with a body that is not the JSON expected ({kind})"
                raise _TransientFailureError(reason, _NETWORK_ADVICE) from error
        raise self._failure(host, answer)

    def _send(self, host: str, request: requests.Request) -> Answer:
        try:
            prepared = self._session.prepare_request(request)
            if host not in self._environments:
                self._environments[host] = self._session.merge_environment_settings(prepared.url, {}, None, None, None)
            environment = {**self._environments[host], "stream": True}
            with self._limit.request():
                response = self._session.send(prepared, timeout=(_CONNECT_SECONDS, _READ_SECONDS), **environment)
                body = response.raw.read(decode_content=True)  # requests itself reads in pieces of 10 KB
        except DecodeError as error:
            reason = f"{host} sent a damaged answer"
            raise _TransientFailureError(reason, _PLATFORM_ADVICE) from error
        except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
            reason = f"{host} cannot be reached or broke off ({type(error).__name__})"
            raise _TransientFailureError(reason, _NETWORK_ADVICE) from error
        except requests.RequestException as error:
            message = f"{host} cannot be asked ({type(error).__name__}): {_NETWORK_ADVICE}"
            raise UnavailableError(message) from error
        return Answer(response.status_code, response.headers, body)

    def _failure(self, host: str, answer: Answer) -> Exception:
        body = _error_body(answer)
        code = body.errors[0].code if body.errors and body.errors[0].code else body.error
        correlation = answer.headers.get("X-Correlation-ID", "none")
        status = answer.status
        summary = f"{host} answered {status}{' ' if code else ''}{code} (X-Correlation-ID {correlation})"
        splittable = code in SMALLER_PAGE_HELPS
        if status in _OVERLOADED:
            self._limit.overloaded()
        if not splittable and (status == requests.codes.too_many_requests or status >= requests.codes.server_error):
            asked = seconds_asked(answer.headers, self._clock.now())
            return _TransientFailureError(summary, _PLATFORM_ADVICE, asked)
        text = " ".join(body.message.split())[:_LONGEST_PLATFORM_MESSAGE]
        return RequestRefusedError(f"{summary}{': ' if text else ''}{text}", status=status, code=code)

    def _wait(self, state: RetryCallState) -> float:
        failure = _failure_of(state)
        return self._policy.wait_seconds(state.attempt_number, failure.seconds_asked if failure else None)

    def _announce(self, state: RetryCallState) -> None:
        failure = _failure_of(state)
        logger.warning(
            "%s; try %d of %d, next in %.1f s",
            failure.reason if failure else "failed",
            state.attempt_number,
            self._policy.tries,
            state.upcoming_sleep,
        )


def _failure_of(state: RetryCallState) -> _TransientFailureError | None:
    failure = state.outcome.exception() if state.outcome else None
    return failure if isinstance(failure, _TransientFailureError) else None


def _error_body(answer: Answer) -> _ErrorBody:
    try:
        return msgspec.json.decode(answer.body, type=_ErrorBody)
    except msgspec.DecodeError:
        return _ErrorBody()
