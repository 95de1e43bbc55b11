"""Owners of abandoned carts as enrolments into a Dotdigital program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.abandoned_carts import abandoned_at
from mapper_commercetools.carts import check_owner, read_cart
from mapper_commercetools.event_ids import event_id
from mapper_commercetools.json_schema import record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

PROGRAM_ENROLMENTS = "program_enrolments"


def program_enrolments_stream() -> MappedStream:
    """Return the stream `program_enrolments`."""
    schema = record_schema(
        {
            "program": required("string", "Name or number of the program"),
            "email": required("string", "E-mail address, lower-cased"),
            "key": required("string", "What the enrolment is for: a version of a cart"),
        },
        needs=("program", "email", "key"),
    )
    return MappedStream(PROGRAM_ENROLMENTS, schema, ("program", "email", "key"))


def check_program(carts: CartSettings, path: str) -> None:
    """Check that a run that tells of abandoned carts knows whereto.

    Raises:
        ValueError: If it does not; the text names the setting's path.
    """
    if carts.tells_abandonment and carts.program is None:
        message = f"{path}carts.program: missing; carts.send: abandonment enrols the owners of abandoned carts into it"
        raise ValueError(message)
    if carts.program is not None and not carts.tells_abandonment:
        message = (
            f"{path}carts.program: needs carts.send: abandonment, and a tap that reads carts late; to enrol the owner "
            "of each cart that changes, see target-dotdigital's setting cart_insight_program"
        )
        raise ValueError(message)


def map_abandoned_cart(
    cart: Record, settings: MappingSettings, carts: CartSettings, program: str, now: datetime
) -> list[MappedRecord]:
    """Map an abandoned cart to the enrolment of its owner, once for each version of the cart.

    Args:
        cart: The cart.
        settings: The settings.
        carts: The section `carts`.
        program: Name or number of the program.
        now: The instant of the run.

    Raises:
        RejectRecordError: If the cart is malformed.
        SkipRecordError: If its store does not travel, it is nobody's, has no e-mail address, or is not abandoned.
    """
    facts = read_cart(cart, settings.markets.of_purchase(cart).locales)
    settings.store.check([facts.store] if facts.store else [], "store")
    check_owner(facts, carts)
    if facts.email is None:
        message = "customerEmail: missing, and only contacts with an e-mail address are enrolled"
        raise SkipRecordError(message)
    abandoned_at(facts, carts, now)
    key = event_id("cart", facts.id, "abandoned", str(facts.version))
    return [mapped(PROGRAM_ENROLMENTS, {"program": program, "email": facts.email, "key": key})]
