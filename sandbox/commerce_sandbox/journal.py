"""The journal: what every request to a service was, and how it ended."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec

from commerce_sandbox.clock import timestamp

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from commerce_sandbox.clock import Clock

REQUESTS_KEPT = 20_000
BODY_BYTES_KEPT = 64 * 1024
ALL_BODIES_BYTES_KEPT = 64 * 1024 * 1024

PATH_TEMPLATE = "commerce_sandbox.path_template"
"""Scope key under which a service may name the template of the path it answered."""

FAULT = "commerce_sandbox.fault"
"""Scope key under which the fault layer names the fault it applied."""

OUTCOME = "commerce_sandbox.outcome"
"""Scope key under which the fault layer says how the exchange ended, when not by a whole answer."""

_BROKEN = 500
_SECRET_PARAMETERS = frozenset({"access_token", "api_key", "apikey", "client_secret", "password", "token"})


@dataclass(slots=True)
class JournalEntry:
    """One request and its end.

    Attributes:
        sequence: Running number, from 1.
        time: When it arrived, by the sandbox's clock.
        service: Name of the service.
        method: HTTP method.
        path: The vendor's path, without the service's mount point.
        path_template: The path with its variable parts as ``{name}``; the path itself if the service did not see the
            request or does not know the path.
        query: Query string as sent, credentials removed.
        request_bytes: Size of the request's body.
        status: HTTP status, None if no answer was begun.
        milliseconds: How long the exchange took.
        fault: Kind of the fault applied, None without one.
        outcome: ``answered``, ``dropped``, ``dropped after acting``, ``truncated``, ``endless``,
            ``endless after acting``, ``left by the client`` (while an inflated answer was sent) or ``failed``.
        body: The request's body if it was JSON and small enough to keep.
    """

    sequence: int
    time: str
    service: str
    method: str
    path: str
    path_template: str
    query: str
    request_bytes: int
    status: int | None
    milliseconds: float
    fault: str | None
    outcome: str
    body: bytes | None

    def as_data(self) -> dict[str, Any]:
        """Return the entry as JSON data, its body decoded."""
        data = {name: getattr(self, name) for name in self.__slots__ if name != "body"}
        data["body"] = _decoded(self.body)
        return data


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which entries of the journal are wanted; None asks for no restriction."""

    service: str | None = None
    method: str | None = None
    path: re.Pattern[str] | None = None

    def accepts(self, entry: JournalEntry) -> bool:
        """Tell whether the entry is wanted."""
        return (
            (self.service is None or entry.service == self.service)
            and (self.method is None or entry.method == self.method.upper())
            and (self.path is None or self.path.search(entry.path) is not None)
        )


class Journal:
    """Keeps the last requests and counts all of them.

    The counters never forget; the entries are the last `REQUESTS_KEPT`, their bodies within
    `ALL_BODIES_BYTES_KEPT` together, the oldest forgotten first.
    """

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=REQUESTS_KEPT)
        self._with_body: deque[JournalEntry] = deque()
        self._body_bytes = 0
        self._counts: Counter[tuple[str, str, str, int | None]] = Counter()
        self._sequence = 0
        self._cleared: dict[str | None, int] = {}

    def next_sequence(self) -> int:
        """Return the number of the request that has just arrived."""
        self._sequence += 1
        return self._sequence

    def add(self, entry: JournalEntry) -> None:
        """Add a finished request, unless it had arrived before its service's requests were forgotten."""
        if any(entry.sequence <= self._cleared.get(cleared, -1) for cleared in (None, entry.service)):
            return
        self._entries.append(entry)
        self._counts[entry.service, entry.method, entry.path_template, entry.status] += 1
        if entry.body is not None:
            self._with_body.append(entry)
            self._body_bytes += len(entry.body)
        while self._body_bytes > ALL_BODIES_BYTES_KEPT or len(self._with_body) > REQUESTS_KEPT:
            oldest = self._with_body.popleft()
            self._body_bytes -= len(oldest.body or b"")
            oldest.body = None

    def latest(self, wanted: RequestFilter, limit: int) -> list[JournalEntry]:
        """Return the last entries that are wanted, oldest first."""
        found: list[JournalEntry] = []
        for entry in reversed(self._entries):
            if len(found) >= limit:
                break
            if wanted.accepts(entry):
                found.append(entry)
        return found[::-1]

    def counts(self) -> Iterator[dict[str, Any]]:
        """Yield how many requests there were by service, method, path template and status, in order."""
        for (service, method, path, status), count in sorted(
            self._counts.items(), key=lambda item: (item[0][:3], item[0][3] or 0)
        ):
            yield {"service": service, "method": method, "path": path, "status": status, "count": count}

    def clear(self, service: str | None = None) -> None:
        """Forget all requests, or those to one service, also those that are still to be answered."""
        self._cleared[service] = self._sequence
        kept = [] if service is None else [entry for entry in self._entries if entry.service != service]
        counts = self._counts
        self._entries.clear()
        self._with_body.clear()
        self._body_bytes = 0
        for entry in kept:
            self._entries.append(entry)
            if entry.body is not None:
                self._with_body.append(entry)
                self._body_bytes += len(entry.body)
        self._counts = Counter()
        if service is not None:
            self._counts.update({key: count for key, count in counts.items() if key[0] != service})


class JournalMiddleware:
    """Writes every request to a service into the journal and stamps the answer with the sandbox's date.

    Args:
        application: The application that answers.
        journal: Where to write.
        clock: The sandbox's clock.
        services: Names of the services; other paths are not journalled.
    """

    def __init__(self, application: ASGIApp, journal: Journal, clock: Clock, services: Collection[str]) -> None:
        self._application = application
        self._journal = journal
        self._clock = clock
        self._services = frozenset(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write down how it ended."""
        service, path = split_service(scope["path"]) if scope["type"] == "http" else ("", "")
        if service not in self._services:
            await self._application(scope, receive, send)
            return
        recorder = _Recorder(receive, send, self._clock)
        sequence, arrived, started = self._journal.next_sequence(), self._clock.now(), time.perf_counter()
        try:
            await self._application(scope, recorder.receive, recorder.send)
        except Exception:
            # What the layer outside of this one answers for a service that broke.
            recorder.status, scope[OUTCOME] = recorder.status or _BROKEN, "failed"
            raise
        finally:
            self._journal.add(
                JournalEntry(
                    sequence=sequence,
                    time=timestamp(arrived),
                    service=service,
                    method=scope["method"],
                    path=path,
                    path_template=scope.get(PATH_TEMPLATE, path),
                    query=_without_secrets(scope["query_string"].decode("latin-1")),
                    request_bytes=recorder.request_bytes,
                    status=recorder.status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 3),
                    fault=scope.get(FAULT),
                    outcome=scope.get(OUTCOME, "answered"),
                    body=recorder.json_body(),
                )
            )


def split_service(path: str) -> tuple[str, str]:
    """Split a path of the sandbox into the service's name and the vendor's path."""
    _, _, rest = path.partition("/")
    name, slash, below = rest.partition("/")
    return name, slash + below


class _Recorder:
    """Stands between the server and the application and notes what passes."""

    def __init__(self, receive: Receive, send: Send, clock: Clock) -> None:
        self._receive = receive
        self._send = send
        self._clock = clock
        self._chunks: list[bytes] = []
        self.request_bytes = 0
        self.status: int | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            self.request_bytes += len(chunk)
            if self.request_bytes <= BODY_BYTES_KEPT:
                self._chunks.append(chunk)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"date", _http_date(self._clock))]
        await self._send(message)

    def json_body(self) -> bytes | None:
        """Return the request's body if it was kept whole and looks like JSON."""
        if not self.request_bytes or self.request_bytes > BODY_BYTES_KEPT:
            return None
        body = b"".join(self._chunks)
        return body if body.lstrip()[:1] in {b"{", b"["} else None


def _http_date(clock: Clock) -> bytes:
    moment = clock.now()
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{weekday}, {moment:%d} {month} {moment:%Y %H:%M:%S} GMT".encode("ascii")


def _without_secrets(query: str) -> str:
    parts = query.split("&")
    return "&".join(
        f"{name}=removed" if unquote_plus(name).lower() in _SECRET_PARAMETERS else part
        for part in parts
        for name in [part.partition("=")[0]]
    )


def _decoded(body: bytes | None) -> object:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", errors="replace")
