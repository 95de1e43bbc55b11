"""What an endpoint is: where it stands, how often it may be called, what it takes, what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.iterable.answers import Answer, bad_params

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from commerce_sandbox.iterable.body_shape import Shape
    from commerce_sandbox.iterable.limits import Limit
    from commerce_sandbox.iterable.project import Project


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted request.

    Attributes:
        project: What the project holds.
        now: Time of receipt.
        path: Path parameters, decoded.
        query: Query parameters.
        body: The decoded body, which fits the endpoint's shape; None for endpoints without one.
    """

    project: Project
    now: datetime
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    def whole_number(self, name: str, default: int, largest: int) -> int:
        """Return a query parameter between 1 and ``largest``.

        Raises:
            RefusalError: 400 ``BadParams`` if it is not.
        """
        given = self.query.get(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= largest:
            msg = f"{name} must be a whole number from 1 to {largest}"
            raise bad_params(msg)
        return int(given)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation of the API.

    Attributes:
        method: HTTP method.
        path: Path template in Starlette's notation.
        handler: What it does.
        limit: Its documented rate limit; None if the vendor documents none.
        body: Shape of its body; None if it takes none.
    """

    method: str
    path: str
    handler: Handler
    limit: Limit | None = None
    body: Shape | None = None
