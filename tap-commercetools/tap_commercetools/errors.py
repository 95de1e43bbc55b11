"""What can go wrong, said once and in one line.

Every message names the setting or stream and what to do about it. None carries a secret, a record, or an answer's body.
"""

from __future__ import annotations


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
