"""When a cart counts as abandoned.

Nothing on the platform marks an abandoned cart, and a tap emits a cart when it has changed, which is before anybody
can know that it will be left. A mapper that remembers nothing can tell only if it is shown the cart again, late: a
second tap whose settle time is longer than the age of abandonment reads a version of a cart only if it was left alone
for that long, once, and never if the cart was changed or ordered meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.outcomes import SkipRecordError

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.carts import CartFacts


def abandoned_at(cart: CartFacts, settings: CartSettings, now: datetime) -> datetime:
    """Return when a cart became abandoned: its last change and the age of abandonment later, whenever a run sees it.

    Args:
        cart: The cart.
        settings: The rule's ages.
        now: The instant of the run.

    Raises:
        SkipRecordError: If the cart is not abandoned, or was so long ago that it is not told of any more.
    """
    if cart.state not in {None, "Active"}:
        message = "cartState: only active carts can be abandoned"
        raise SkipRecordError(message)
    if not cart.has_products:
        message = "lineItems: none, and an empty cart cannot be abandoned"
        raise SkipRecordError(message)
    if now < cart.updated_at + settings.abandoned_after:
        message = (
            "lastModifiedAt: more recent than setting carts.abandoned_after_minutes allows; give the tap that reads "
            "for it a settle_seconds of that time and five minutes more"
        )
        raise SkipRecordError(message)
    if now > cart.updated_at + settings.abandoned_until:
        message = "lastModifiedAt: longer ago than setting carts.abandoned_until_minutes allows"
        raise SkipRecordError(message)
    return cart.updated_at + settings.abandoned_after
