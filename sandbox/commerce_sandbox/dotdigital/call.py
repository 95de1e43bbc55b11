"""One call of the API, as its handler sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.dotdigital.answer import refusal, refusal_v2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.settings import DotdigitalSettings

MOST_ROWS_V2 = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        account: The account.
        cause: Method and path template, for the audit.
        path: Variable parts of the path, percent-decoded.
        query: Query parameters.
        body: The body's bytes.
        base_url: The address of the host called, without a slash at the end.
    """

    account: Account
    cause: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    base_url: str

    @property
    def settings(self) -> DotdigitalSettings:
        """How the account behaves."""
        return self.account.settings

    def json(self, error_code: str) -> Any:  # noqa: ANN401 - JSON can be anything
        """Return the body as JSON.

        Args:
            error_code: The service's code for JSON that cannot be read, for example ``contacts:badJson``.

        Raises:
            Refusal: If the body is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise refusal(400, error_code, "The request JSON is badly formed") from error

    def json_v2(self, kind: type, token: str) -> Any:  # noqa: ANN401 - JSON can be anything
        """Return the body as JSON of a kind.

        Args:
            kind: ``dict`` or ``list``.
            token: The error token if it is not that.

        Raises:
            Refusal: If the body is not JSON of that kind.
        """
        try:
            content = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise refusal_v2(400, f"The request is invalid. {token}") from error
        if not isinstance(content, kind):
            raise refusal_v2(400, f"The request is invalid. {token}")
        return content

    def window(self) -> slice:
        """Return which rows of a version 2 answer are wanted, by ``select`` and ``skip``.

        Raises:
            Refusal: If one is no whole number, or ``select`` is not within 1 to 1,000.
        """
        try:
            select, skip = int(self.query.get("select", MOST_ROWS_V2)), int(self.query.get("skip", 0))
        except ValueError as error:
            raise refusal_v2(400, "select and skip are whole numbers. ERROR_PARAMETER_INVALID") from error
        if not 1 <= select <= MOST_ROWS_V2 or skip < 0:
            text = f"select is 1 to {MOST_ROWS_V2}, skip is not negative. ERROR_PARAMETER_INVALID"
            raise refusal_v2(400, text)
        return slice(skip, skip + select)

    def path_number(self, name: str, token: str) -> int:
        """Return a variable part of the path that is a number.

        Raises:
            Refusal: 404 with the token if it is not one.
        """
        text = self.path[name]
        if not text.isdecimal():
            raise refusal_v2(404, f"Error: {token}")
        return int(text)
