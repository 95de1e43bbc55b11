"""The section `carts` of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mapper_commercetools.url_template import UrlTemplate, parse_url_template

if TYPE_CHECKING:
    from collections.abc import Mapping

# Dotdigital: the phases that the vendor's own shop modules write.
_PHASES = ("CUSTOMER_LOGIN", "ORDER_PENDING", "ORDER_CHECKOUT", "ORDER_COMPLETE")
CART_PHASE_DEFAULTS = {"Active": "ORDER_PENDING", "Frozen": "ORDER_CHECKOUT", "Ordered": "ORDER_COMPLETE"}
_URL_VARIABLES = ("id", "locale")
_DAY_MINUTES = 24 * 60

CARTS_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "What becomes of carts: the cart of Iterable profiles, Dotdigital's CartInsight. Left out, "
    "carts are not mapped; `{}` takes the defaults",
    "additionalProperties": False,
    "properties": {
        "send": {
            "enum": ["contents", "abandonment"],
            "default": "contents",
            "description": "`contents` keeps the cart of Iterable's profile, or Dotdigital's CartInsight, up to date; "
            "`abandonment` tells of abandoned carts instead (Iterable: an event; Dotdigital: an enrolment into "
            "`carts.program`), for a second run whose tap reads carts only once they have been left alone",
        },
        "program": {
            "type": ["string", "integer", "null"],
            "description": "Dotdigital: name or number of the program that the owner of an abandoned cart is enrolled "
            "into, if it is a subscribed contact",
        },
        "guests": {
            "enum": ["skip", "take"],
            "default": "skip",
            "description": "What happens to carts of people without a customer account who gave an e-mail address: "
            "taking them makes a profile or contact of somebody who has neither registered nor ordered",
        },
        "url": {
            "type": ["string", "null"],
            "description": "Address of a cart's page, with `{id}` and `{locale}`, for example "
            "`https://shop.example/{locale}/cart?id={id}`. Without it no address is sent",
        },
        "phases": {
            "type": "object",
            "description": "Dotdigital: `cartState` → `cartPhase`. Merged over the default",
            "default": CART_PHASE_DEFAULTS,
            "additionalProperties": False,
            "properties": {
                state: {"enum": list(_PHASES), "default": phase, "description": f"Phase of carts that are {state}"}
                for state, phase in CART_PHASE_DEFAULTS.items()
            },
        },
        "abandoned_after_minutes": {
            "type": "integer",
            "minimum": 1,
            "default": 60,
            "description": "How long an active cart with items must have been left alone to count as abandoned. The "
            "tap that reads for it needs `settle_seconds` of this time and five minutes more",
        },
        "abandoned_until_minutes": {
            "type": "integer",
            "minimum": 1,
            "default": 2 * _DAY_MINUTES,
            "description": "After how long a cart is not told of as abandoned any more, so that a first run, or the "
            "first after a long pause, starts no journeys for carts left long ago",
        },
    },
}


@dataclass(frozen=True, slots=True)
class CartSettings:
    """The section, compiled.

    Attributes:
        tells_abandonment: Whether carts become events of abandonment instead of contents.
        takes_guests: Whether carts of people without an account travel.
        program: Dotdigital's program for the owners of abandoned carts, by name or number.
        url: Address of a cart's page.
        phases: Cart state → Dotdigital's phase.
        abandoned_after: How long a cart must have been left alone.
        abandoned_until: How long after its last change it is still told.
    """

    tells_abandonment: bool
    takes_guests: bool
    program: str | None
    url: UrlTemplate | None
    phases: dict[str, str]
    abandoned_after: timedelta
    abandoned_until: timedelta

    @classmethod
    def compile(cls, section: Mapping[str, Any] | None, path: str) -> CartSettings:
        """Compile the section, which fits its schema.

        Args:
            section: What the settings say; nothing gives the defaults.
            path: The section's path, for example `mapper.config.carts`.

        Raises:
            ValueError: If a setting is wrong; the text names its path.
        """
        section = section or {}
        after = timedelta(minutes=section.get("abandoned_after_minutes", 60))
        until = timedelta(minutes=section.get("abandoned_until_minutes", 2 * _DAY_MINUTES))
        if until <= after:
            message = f"{path}.abandoned_until_minutes: must be more than abandoned_after_minutes, or no cart is told"
            raise ValueError(message)
        template, program = section.get("url"), section.get("program")
        return cls(
            tells_abandonment=section.get("send") == "abandonment",
            takes_guests=section.get("guests") == "take",
            program=None if program is None else str(program),
            url=_parse_url(template, f"{path}.url") if template else None,
            phases={**CART_PHASE_DEFAULTS, **section.get("phases", {})},
            abandoned_after=after,
            abandoned_until=until,
        )

    def page_of(self, identifier: str, locale: str | None) -> str | None:
        """Return the address of a cart's page; None without a template or without what it needs."""
        return None if self.url is None else self.url.fill({"id": identifier, "locale": locale})


def _parse_url(template: str, place: str) -> UrlTemplate:
    try:
        return parse_url_template(template, _URL_VARIABLES)
    except ValueError as error:
        message = f"{place}: {error}"
        raise ValueError(message) from error
