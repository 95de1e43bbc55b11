"""What every service's answer tells, whatever else it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """An answer, read leniently; each loader adds what its service tells besides.

    Attributes:
        status: HTTP status.
        code: The service's word for the outcome; empty if there is none.
    """

    status: int
    code: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the service took the request."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @property
    def word(self) -> str:
        """The code, or the status if there is none."""
        return self.code or f"HTTP {self.status}"
