"""What a fault does to a request: answers, delays and broken connections in place of what a service would do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from typing_extensions import override

from commerce_sandbox.inflating import SMALLEST, inflating

if TYPE_CHECKING:
    from starlette.types import Message

    from commerce_sandbox.fault_exchange import Exchange

Status = Annotated[int, msgspec.Meta(ge=200, le=599)]


class _Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """An action, told by its ``kind``."""

    async def happen(self, exchange: Exchange) -> None:
        """Do it to a request; each kind says how."""
        raise NotImplementedError  # a Struct cannot be abstract


class Respond(_Action, frozen=True, tag="respond"):
    """Answer in the service's place; the service never sees the request."""

    status: Status
    headers: dict[str, str] = {}
    body: Any = None

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=False)
        await exchange.answer(self.status, self.headers, self.body)


class ReplaceAnswer(_Action, frozen=True, tag="replace_answer"):
    """Let the service act, then send this answer in place of its own, as a proxy would."""

    status: Status
    headers: dict[str, str] = {}
    body: Any = None

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=True)
        await exchange.answer(self.status, self.headers, self.body)


class Delay(_Action, frozen=True, tag="delay"):
    """Wait, then let the service answer; a request that still waits when the fault is taken down is dropped."""

    seconds: float

    @override
    async def happen(self, exchange: Exchange) -> None:
        if await exchange.is_called_off(within=self.seconds):
            await Drop().happen(exchange)
        else:
            await exchange.act(exchange.send)


class AnswerLate(_Action, frozen=True, tag="answer_late"):
    """Let the service act, then wait before its answer is sent."""

    seconds: float

    @override
    async def happen(self, exchange: Exchange) -> None:
        head, body = await exchange.collect()
        await exchange.is_called_off(within=self.seconds)
        await exchange.send(head)
        await exchange.send({"type": "http.response.body", "body": body})


class Drop(_Action, frozen=True, tag="drop"):
    """Close the connection without an answer; the service never sees the request."""

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=False)
        exchange.note("dropped")
        await exchange.close()


class DropAfter(_Action, frozen=True, tag="drop_after"):
    """Let the service act, then close the connection without an answer."""

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=True)
        exchange.note("dropped after acting")
        await exchange.close()


class Truncate(_Action, frozen=True, tag="truncate"):
    """Let the service act, send half of its answer, then close the connection."""

    @override
    async def happen(self, exchange: Exchange) -> None:
        head, body = await exchange.collect()
        exchange.note("truncated")
        # The length promised is the whole one, so a client can tell that half of the answer is missing.
        await exchange.send(_with_length(head, len(body)))
        await exchange.send_piece(body[: len(body) // 2])
        await exchange.close(flush=True)


class Trickle(_Action, frozen=True, tag="trickle"):
    """Answer without end: a byte every few seconds, until the client goes away or the fault is taken down.

    Attributes:
        status: Status of the answer.
        headers: Headers of the answer; with none that says the length, its body comes in chunks.
        seconds: Time between two bytes.
        part: What has no end: the body, or already the head (of an answer to HEAD, always the head).
        acts: Whether the service acts before.
    """

    status: Status = 200
    headers: dict[str, str] = {}
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 3.0
    part: Literal["head", "body"] = "body"
    acts: bool = False

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=self.acts)
        exchange.note("endless after acting" if self.acts else "endless")
        in_head = self.part == "head" or exchange.scope["method"] == "HEAD"
        if in_head:
            headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            exchange.write(f"HTTP/1.1 {self.status} \r\n{headers}X-Endless: ".encode("latin-1"))
        else:
            await exchange.begin(self.status, "application/json", self.headers)
        end = asyncio.ensure_future(exchange.until_the_end())
        try:
            while not end.done():
                if in_head:
                    exchange.write(b"a")
                else:
                    await exchange.send_piece(b" ")
                await asyncio.wait([end], timeout=self.seconds)
        finally:
            end.cancel()
        await exchange.close()


class Inflate(_Action, frozen=True, tag="inflate"):
    """Answer with a few bytes of gzip that unpack to very many: JSON, an empty page with spaces in it.

    Attributes:
        status: Status of the answer.
        headers: Headers of the answer.
        bytes: What it unpacks to.
        acts: Whether the service acts before.
    """

    bytes: Annotated[int, msgspec.Meta(ge=SMALLEST)]
    status: Status = 200
    headers: dict[str, str] = {}
    acts: bool = False

    @override
    async def happen(self, exchange: Exchange) -> None:
        await exchange.take_in(acts=self.acts)
        await exchange.begin(self.status, "application/json", {**self.headers, "Content-Encoding": "gzip"})
        for piece in inflating(self.bytes):
            if exchange.is_broken:
                exchange.note("left by the client")
                await exchange.close()
                return
            await exchange.send_piece(piece)
            # Others get their turn, and the end of the connection is noticed.
            await asyncio.sleep(0)
        await exchange.send({"type": "http.response.body", "body": b""})


class CutRows(_Action, frozen=True, tag="cut_rows"):
    """Let commercetools act, then send only the first rows of its page; an answer that is no page stays as it is.

    Attributes:
        rows: How many rows are left.
        keep_count: Whether ``count`` says what it said before, in place of the rows that are left.
    """

    rows: Annotated[int, msgspec.Meta(ge=0)]
    keep_count: bool = True

    @override
    async def happen(self, exchange: Exchange) -> None:
        headers = exchange.scope["headers"]
        # The service shall not compress what is to be read here.
        exchange.scope["headers"] = [(name, value) for name, value in headers if name != b"accept-encoding"]
        head, body = await exchange.collect()
        cut = self._cut(body)
        if cut is not None:
            head, body = _with_length(head, len(cut)), cut
        await exchange.send(head)
        await exchange.send({"type": "http.response.body", "body": body})

    def _cut(self, body: bytes) -> bytes | None:
        """Return a page with fewer rows, everything else in it untouched; None if it is no page."""
        try:
            page = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            rows = msgspec.json.decode(page["results"], type=list[msgspec.Raw])[: self.rows]
        except (KeyError, msgspec.DecodeError):
            return None
        page["results"] = msgspec.Raw(msgspec.json.encode(rows))
        if not self.keep_count and "count" in page:
            page["count"] = msgspec.Raw(msgspec.json.encode(len(rows)))
        return msgspec.json.encode(page)


Action = Respond | ReplaceAnswer | Delay | AnswerLate | Drop | DropAfter | Truncate | Trickle | Inflate | CutRows


def _with_length(head: Message, length: int) -> Message:
    headers = [(name, value) for name, value in head["headers"] if name.lower() != b"content-length"]
    return {**head, "headers": [*headers, (b"content-length", str(length).encode())]}
