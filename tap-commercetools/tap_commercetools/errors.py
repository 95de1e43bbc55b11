"""What can go wrong, said once and in one line.

Every message names the setting or stream and what to do about it. None carries a secret, a record, or an answer's body.
"""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9_./-]{1,100}")


def shown_id(identifier: str) -> str:
    """Return an id for a log line; one that is not written as ids are could be anything, and is not shown."""
    return f"id {identifier}" if _ID.fullmatch(identifier) else "no readable id"


class TapError(Exception):
    """The run cannot go on; the message is the whole story for the person who reads it."""


class SettingsError(TapError):
    """A setting is missing or wrong."""


class AccessError(TapError):
    """The credentials are refused, or do not reach what is to be read."""


class UnavailableError(TapError):
    """The platform could not be reached or did not answer sensibly, however often it was asked."""


class OrderError(TapError):
    """The platform returned rows in another order than asked for; reading on could lose some."""


class OutputError(TapError):
    """Standard output takes nothing any more."""


class LeftOutError(TapError):
    """Everything was read, and more rows were left out than the setting max_left_out allows."""


class TooManyLeftOutError(TapError):
    """So many rows in a row cannot be read that it is no matter of single rows."""


class UnexpectedAnswerError(Exception):
    """An answer is not what the contract says for its call; the text says in which way, and repeats nothing of it."""


class UnreadableRowError(Exception):
    """A row cannot be read; the text says which and why, and repeats nothing else of it."""


def fault_of(error: Exception) -> str:
    """Return what to say about an exception that came up over one row; only our own texts are known to be safe."""
    return str(error) if isinstance(error, UnreadableRowError) else f"unexpected {type(error).__name__}"


class RequestRefusedError(TapError):
    """The platform answered a request with an error that repeating it will not cure.

    Attributes:
        status: The HTTP status.
        code: The platform's error code, such as ``InvalidInput``; empty if the body named none.
    """

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
