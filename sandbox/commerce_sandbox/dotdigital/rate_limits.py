"""The two schemes of call limits: counters per tier and window, or one rolling hour over all calls."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.settings import DotdigitalSettings

_UNLIMITED = 2_147_483_647
_HOUR = 3_600.0


class Tier(str, Enum):
    """The tier a call counts in; the value is what ``X-RateLimit-Scope`` says."""

    LOW = "lowCallRate"
    MEDIUM = "mediumCallRate"
    HIGH = "highCallRate"
    UNLIMITED = "unlimitedCallRate"


@dataclass(slots=True)
class RateLimits:
    """Counts the calls of the account.

    Attributes:
        calls_in_last_hour: Times of the calls of the last hour, for the flat scheme and account information.
    """

    calls_in_last_hour: deque[float] = field(default_factory=deque)
    _windows: dict[Tier, tuple[float, int]] = field(default_factory=dict)

    def refuse(self, tier: Tier, now: float, settings: DotdigitalSettings) -> Answer | None:
        """Count a call; return the error if it is over the limit.

        Args:
            tier: The tier of the call.
            now: Present time in seconds since the epoch.
            settings: Scheme and limits.
        """
        used_in_hour = self.used_in_hour(now)
        if settings.rate_limit_scheme == "flat":
            if used_in_hour >= settings.flat_calls_per_hour:
                return Answer(400, {"message": "Error: ERROR_APIUSAGE_EXCEEDED"})
            self.calls_in_last_hour.append(now)
            return None
        ends, used = self._window(tier, now, settings)
        if used >= _limit(tier, settings):
            return Answer(429)
        self._windows[tier] = (ends, used + 1)
        self.calls_in_last_hour.append(now)
        return None

    def headers(self, tier: Tier, now: float, settings: DotdigitalSettings) -> Mapping[str, str]:
        """Return the headers that tell how much of a tier's limit is left; empty in the flat scheme."""
        if settings.rate_limit_scheme == "flat":
            return {}
        ends, used = self._window(tier, now, settings)
        limit = _limit(tier, settings)
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used)),
            "X-RateLimit-Reset": str(math.ceil(ends)),
            "X-RateLimit-Scope": tier.value,
        }

    def used_in_hour(self, now: float) -> int:
        """Return the number of calls in the hour before now."""
        while self.calls_in_last_hour and self.calls_in_last_hour[0] <= now - _HOUR:
            self.calls_in_last_hour.popleft()
        return len(self.calls_in_last_hour)

    def _window(self, tier: Tier, now: float, settings: DotdigitalSettings) -> tuple[float, int]:
        """Return when the present window ends and how many calls it has seen."""
        ends, used = self._windows.get(tier, (0.0, 0))
        return (now + settings.rate_limit_window_seconds, 0) if ends <= now else (ends, used)


def _limit(tier: Tier, settings: DotdigitalSettings) -> int:
    return {
        Tier.LOW: settings.low_calls,
        Tier.MEDIUM: settings.medium_calls,
        Tier.HIGH: settings.high_calls,
        Tier.UNLIMITED: _UNLIMITED,
    }[tier]
