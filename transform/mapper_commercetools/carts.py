"""What is common to carts in both destinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_commercetools.line_items import OrderLine, read_lines
from mapper_commercetools.localization import locale_preference
from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.people import read_email
from mapper_commercetools.source_values import Record, nested, required_id, text, whole_number
from mapper_commercetools.timestamps import read_instant, required_instant
from mapper_commercetools.totals import OrderTotals, read_total_price, read_totals

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings


@dataclass(frozen=True, slots=True)
class CartFacts:
    """A cart's standard fields; what the record lacks is None.

    Attributes:
        id: The platform's UUID.
        version: Grows with every change.
        customer_id: UUID of the customer; None for a guest.
        email: Lower-cased and trimmed.
        state: `Active`, `Frozen`, `Ordered`, `Merged` or a value the platform adds later.
        created_at: When it was made.
        updated_at: `lastModifiedAt`.
        store: Key of the store.
        country: ISO 3166-1 alpha-2.
        locale: Its language.
        lines: Line items, then custom line items.
        totals: Totals.
    """

    id: str
    version: int
    customer_id: str | None
    email: str | None
    state: str | None
    created_at: datetime | None
    updated_at: datetime
    store: str | None
    country: str | None
    locale: str | None
    lines: list[OrderLine]
    totals: OrderTotals

    @property
    def items(self) -> list[OrderLine]:
        """The lines that are something to buy: a negative custom line is a voucher, counted in the discount."""
        return [line for line in self.lines if not (line.is_custom and line.total < 0)]

    @property
    def has_products(self) -> bool:
        """Whether there is anything in it: a fee alone is nothing."""
        return any(not line.is_custom for line in self.lines)


def read_cart(cart: Record, fallback_locales: tuple[str, ...]) -> CartFacts:
    """Read a cart.

    Raises:
        RejectRecordError: If it has no id, version, time of change or total, or an amount is malformed.
    """
    identifier, locale, version = required_id(cart), text(cart, "locale"), whole_number(cart, "version")
    if version is None:
        message = "version: missing"
        raise RejectRecordError(message)
    total_price = read_total_price(cart)
    lines = read_lines(cart, total_price, locale_preference(locale, fallback_locales))
    return CartFacts(
        id=identifier,
        version=version,
        customer_id=text(cart, "customerId"),
        email=read_email(cart, "customerEmail"),
        state=text(cart, "cartState"),
        created_at=read_instant(cart.get("createdAt")),
        updated_at=required_instant(cart.get("lastModifiedAt"), "lastModifiedAt"),
        store=text(nested(cart, "store"), "key"),
        country=text(cart, "country"),
        locale=locale,
        lines=lines,
        totals=read_totals(cart, total_price, lines),
    )


def check_owner(cart: CartFacts, settings: CartSettings) -> None:
    """Check that a cart belongs to somebody who may be told of.

    Raises:
        SkipRecordError: If it names nobody, or a guest and the setting leaves guests out.
    """
    if cart.customer_id is not None:
        return
    if cart.email is None:
        message = "customerId, customerEmail: missing, so that the cart is nobody's"
        raise SkipRecordError(message)
    if not settings.takes_guests:
        message = "customerId: missing, and setting carts.guests leaves guests out"
        raise SkipRecordError(message)
