"""One pooled HTTP session that repeats what may be repeated."""

from __future__ import annotations

import logging
import re
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from requests.auth import AuthBase
from typing_extensions import override
from urllib3.exceptions import HTTPError

from tap_commercetools.addresses import redirected
from tap_commercetools.answer_body import LARGEST_ANSWER_BYTES, DamagedError, TooLargeError, read_body
from tap_commercetools.errors import RequestRefusedError, UnavailableError, UnexpectedAnswerError
from tap_commercetools.retry import RetryPolicy, seconds_asked
from tap_commercetools.timed_answers import TimedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_commercetools.parallel_limit import ParallelLimit
    from tap_commercetools.platform_clock import PlatformClock
    from tap_commercetools.redaction import Redaction

logger = logging.getLogger(__name__)

_POOL_SIZE = 32
_MOST_REDIRECTS = 5
_TOO_LARGE = "ContentTooLarge"
_NETWORK_ADVICE = "check the settings region, api_url and auth_url, and the network"
_PLATFORM_ADVICE = "run again later, the next run continues from the last STATE"
_NOT_AS_AGREED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading an answer raises if the answer is not what the contract says for its call."""

SMALLER_PAGE_HELPS = frozenset({"QueryTimedOut", _TOO_LARGE})
"""Error codes that say a page is too heavy; commercetools reports a query's timeout as a 400."""

_OVERLOADED = frozenset({requests.codes.too_many_requests, requests.codes.service_unavailable})
_REDIRECTS = range(300, 400)
_KEEP_THE_METHOD = frozenset({requests.codes.temporary_redirect, requests.codes.permanent_redirect})
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_CORRELATION = re.compile(r"[A-Za-z0-9_./:-]{1,120}")

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


class AnswerLimits(NamedTuple):
    """How long to wait for what a service sends, in seconds, and how much of it to take.

    commercetools gives up on a request after 60 seconds; waiting a little longer for its first bytes lets it say so.

    Attributes:
        connecting: For a connection.
        pausing: For the next bytes of an answer.
        answering: For the whole of an answer.
        size: Most bytes of an answer, unpacked.
    """

    connecting: float = 10.0
    pausing: float = 70.0
    answering: float = 90.0
    size: int = LARGEST_ANSWER_BYTES


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


class _Session(requests.Session):
    """A session that leaves redirects, and the bodies of their answers, to whoever knows where credentials may go."""

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """Sends requests, repeating those that fail for a passing reason.

    Passing reasons: no connection, no whole answer in time, 429, any 5xx, and a success that is not what the contract
    says for the call (a proxy's HTML page, a truncated answer). Reads and token requests may all be repeated safely.

    Args:
        clock: Is told the platform's time.
        policy: How often and how long a request is repeated.
        user_agent: What the tap calls itself.
        limit: How many requests may be under way at once.
        redaction: Cleans what the platform says.
        limits: How long to wait for an answer, and how much of it to take.
    """

    def __init__(
        self,
        clock: PlatformClock,
        policy: RetryPolicy,
        user_agent: str,
        limit: ParallelLimit,
        redaction: Redaction,
        limits: AnswerLimits = AnswerLimits(),  # noqa: B008 - it cannot change
    ) -> None:
        self._clock = clock
        self._policy = policy
        self._limit = limit
        self._redaction = redaction
        self._limits = limits
        self._environments: dict[str, Mapping[str, Any]] = {}
        self._session = _Session()
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        adapter = TimedAdapter(limits.answering, _POOL_SIZE)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        weakref.finalize(self, self._session.close)
        _hold_lines_of_urllib3()

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
            read: Makes of a successful answer what the contract says for the call; raises `msgspec.DecodeError` or
                `UnexpectedAnswerError` if the answer is something else.

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
        began_at = time.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(request, read)
            except _TransientFailureError as failure:
                wait = self._policy.wait_seconds(tries, failure.seconds_asked)
                if not self._policy.allows_another(tries, time.monotonic() - began_at, wait):
                    times = "once" if tries == 1 else f"{tries} times in a row"
                    message = f"{failure.reason}, {times}: {failure.advice}"
                    raise UnavailableError(message) from None
                logger.warning("%s; try %d of %d, next in %.1f s", failure.reason, tries, self._policy.tries, wait)
                time.sleep(wait)

    def _once(self, request: requests.Request, read: Callable[[Answer], T]) -> T:
        host = urlsplit(request.url).netloc
        answer = self._send(host, request)
        self._clock.observe(answer.headers.get("Date"))
        if answer.status == requests.codes.ok:
            try:
                result = read(answer)
            except UnexpectedAnswerError as error:
                reason = f"{host} sent an answer that {error}"
                raise _TransientFailureError(reason, _PLATFORM_ADVICE) from None
            except _NOT_AS_AGREED:
                kind = self._redaction.clean(
                    answer.headers.get("Content-Type", "of unknown type").partition(";")[0], 60
                )
                reason = f"{host} answered {answer.status} with a body that is not the JSON expected ({kind})"
                raise _TransientFailureError(reason, _NETWORK_ADVICE) from None
            self._limit.succeeded()
            return result
        raise self._failure(host, answer)

    def _send(self, host: str, request: requests.Request) -> Answer:
        # Errors of the network are not chained: their texts hold addresses with all that was asked for.
        try:
            prepared = self._session.prepare_request(request)
            for _ in range(_MOST_REDIRECTS):
                answer = self._answer(host, prepared)
                if answer.status not in _REDIRECTS:
                    return answer
                prepared = self._followed(host, prepared, answer)
        except TooLargeError:
            message = f"{host} sent an answer of more than {self._limits.size} bytes, unpacked"
            raise RequestRefusedError(message, status=requests.codes.ok, code=_TOO_LARGE) from None
        except DamagedError:
            reason = f"{host} sent a damaged answer"
            raise _TransientFailureError(reason, _PLATFORM_ADVICE) from None
        except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
            reason = f"{host} cannot be reached or broke off ({type(error).__name__})"
            raise _TransientFailureError(reason, _NETWORK_ADVICE) from None
        except requests.RequestException as error:
            message = f"{host} cannot be asked ({type(error).__name__}): {_NETWORK_ADVICE}"
            raise UnavailableError(message) from None
        message = f"{host} redirected {_MOST_REDIRECTS} times: {_NETWORK_ADVICE}"
        raise UnavailableError(message)

    def _answer(self, host: str, prepared: requests.PreparedRequest) -> Answer:
        if host not in self._environments:
            self._environments[host] = self._session.merge_environment_settings(prepared.url, {}, None, None, None)
        environment = {**self._environments[host], "stream": True}
        timeout = (self._limits.connecting, self._limits.pausing)
        with self._limit.request():
            response = self._session.send(prepared, timeout=timeout, **environment)
            try:
                body = read_body(response.raw, response.headers.get("Content-Encoding", ""), self._limits.size)
            except BaseException:
                response.close()  # a connection with half an answer on it is of no use any more
                raise
        return Answer(response.status_code, response.headers, body)

    def _followed(self, host: str, prepared: requests.PreparedRequest, answer: Answer) -> requests.PreparedRequest:
        """Return the request that a redirect asks for, if the credentials may go there.

        Raises:
            UnavailableError: If they may not.
        """
        target = redirected(prepared.url or "", answer.headers.get("Location", ""))
        if target is None or not (prepared.method == "GET" or answer.status in _KEEP_THE_METHOD):
            message = (
                f"{host} answered {answer.status}, a redirect that is not followed, because credentials go to the same "
                f"host only, encrypted and by the same method: {_NETWORK_ADVICE}"
            )
            raise UnavailableError(message)
        followed = prepared.copy()
        followed.url = target
        return followed

    def _is_correlation(self, text: str) -> bool:
        """Tell whether a text can be shown as a request's id; it may be long, and mostly is made of numbers."""
        if not _CORRELATION.fullmatch(text) or self._redaction.holds_a_secret(text):
            return False
        return any(each.isalpha() for each in text)

    def _failure(self, host: str, answer: Answer) -> Exception:
        body = _error_body(answer)
        code = body.errors[0].code if body.errors and body.errors[0].code else body.error
        code = code if _CODE.fullmatch(code) and self._redaction.clean(code) == code else ""
        correlation = answer.headers.get("X-Correlation-ID", "none")
        correlation = correlation if self._is_correlation(correlation) else "unusable"
        status = answer.status
        summary = f"{host} answered {status}{' ' if code else ''}{code} (X-Correlation-ID {correlation})"
        splittable = code in SMALLER_PAGE_HELPS
        if status in _OVERLOADED:
            self._limit.overloaded()
        is_refusal = requests.codes.bad_request <= status < requests.codes.server_error
        if not splittable and (status == requests.codes.too_many_requests or not is_refusal):
            asked = seconds_asked(answer.headers, self._clock.now())
            return _TransientFailureError(summary, _PLATFORM_ADVICE, asked)
        text = self._redaction.clean(body.message)
        return RequestRefusedError(f"{summary}{': ' if text else ''}{text}", status=status, code=code)


def _hold_lines_of_urllib3() -> None:
    """Let nothing of what urllib3 logs get out: its lines hold paths and queries, with addresses of people in them."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).addFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def _error_body(answer: Answer) -> _ErrorBody:
    try:
        return msgspec.json.decode(answer.body, type=_ErrorBody)
    except _NOT_AS_AGREED:
        return _ErrorBody()
