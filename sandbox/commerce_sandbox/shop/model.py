"""What a shop is asked to be, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

Document = dict[str, Any]
"""One resource, or a part of one, exactly as the platform writes it in JSON."""


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """How large a shop to generate, and from which seed.

    Attributes:
        seed: The same seed and sizes give the same shop, byte for byte.
        customers: Number of registered customers; guests come on top, inside orders.
        orders: Number of orders.
        products: Number of products, at least one.
        history_end: The moment after which nothing has happened yet, aware; None means one hour before the
            clock's present, cut to the full minute.
    """

    seed: int = 7
    customers: int = 1000
    orders: int = 3000
    products: int = 300
    history_end: datetime | None = None

    def __post_init__(self) -> None:
        if self.customers < 0 or self.orders < 0:
            message = "a shop cannot have a negative number of customers or orders"
            raise ValueError(message)
        if self.products < 1:
            message = "a shop needs at least one product: orders and carts are made of products"
            raise ValueError(message)
        if self.history_end is not None and self.history_end.tzinfo is None:
            message = "history_end must carry a time zone"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Shop:
    """A generated shop.

    Resources share inner parts with each other (an order's line repeats the product's own name): treat them as
    read-only, and copy what is to be changed.

    Attributes:
        project: The project's settings, as ``GET /{projectKey}`` answers them.
        resources: API path (``customers``, ``orders`` ...) to id to resource.
        notes: Where the unusual rows are, for tests: name of the peculiarity to ids or figures.
    """

    project: Document
    resources: dict[str, dict[str, Document]]
    notes: dict[str, Any] = field(default_factory=dict)
