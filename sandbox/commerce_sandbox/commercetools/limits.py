"""Limits of the platform that a test may lower, to see what a client does when it meets them."""

from __future__ import annotations

import msgspec

from commerce_sandbox.commercetools.errors import ApiError


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the platform refuses or delays.

    Attributes:
        max_response_bytes: A page larger than this is refused with ContentTooLarge; None: no limit.
        query_timeout_above_limit: A query with a larger ``limit`` is refused with QueryTimedOut; None: never.
        late_rows_seconds: A row can be queried only this long after its lastModifiedAt, by the sandbox's clock.
    """

    max_response_bytes: int | None = None
    query_timeout_above_limit: int | None = None
    late_rows_seconds: float = 0

    def check_limit(self, limit: int) -> None:
        """Let a query time out if it asks for too many rows.

        Raises:
            ApiError: 400 QueryTimedOut. commercetools: a timeout is reported as 400 since October 2020.
        """
        if self.query_timeout_above_limit is not None and limit > self.query_timeout_above_limit:
            raise ApiError(400, "QueryTimedOut", "The query timed out. Narrow it or ask for fewer results.")

    def check_size(self, body: bytes) -> None:
        """Refuse an answer that is too large.

        Raises:
            ApiError: 400 ContentTooLarge.
        """
        if self.max_response_bytes is not None and len(body) > self.max_response_bytes:
            raise ApiError(400, "ContentTooLarge", "The response is too large. Ask for fewer results.")
