"""Errors in the platform's two shapes."""

from __future__ import annotations

from typing import Any, NoReturn


class ApiError(Exception):
    """An answer other than success.

    Args:
        status: HTTP status.
        code: The platform's error code.
        message: Text for the reader.
        oauth: Written also in the OAuth shape (``error``, ``error_description``), as the platform does for
            everything about tokens and scopes.
        **extra: Further members of the error object.
    """

    def __init__(self, status: int, code: str, message: str, *, oauth: bool = False, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self._oauth = oauth
        self._extra = extra

    def body(self) -> dict[str, Any]:
        """Return the error's body."""
        body: dict[str, Any] = {
            "statusCode": self.status,
            "message": self.message,
            "errors": [{"code": self.code, "message": self.message, **self._extra}],
        }
        if self._oauth:
            body |= {"error": self.code, "error_description": self.message}
        return body


def refuse_input(message: str) -> NoReturn:
    """Refuse a query that the platform cannot take.

    Raises:
        ApiError: 400 InvalidInput.
    """
    raise ApiError(400, "InvalidInput", message)


def refuse_parameter(parameter: str, problem: str) -> NoReturn:
    """Refuse a query parameter that cannot be read.

    Raises:
        ApiError: 400 InvalidInput that names the parameter.
    """
    refuse_input(f"Malformed parameter: {parameter}: {problem}")


def refuse_missing(message: str) -> NoReturn:
    """Tell that a resource or path does not exist.

    Raises:
        ApiError: 404 ResourceNotFound.
    """
    raise ApiError(404, "ResourceNotFound", message)
