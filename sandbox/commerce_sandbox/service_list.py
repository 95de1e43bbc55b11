"""Which services the sandbox runs, and with what settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.service import CommercetoolsService
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.dotdigital.service import DotdigitalService
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.garbage import without_collecting
from commerce_sandbox.iterable.service import IterableService
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.shop import ShopPlan, generate_shop

if TYPE_CHECKING:
    from commerce_sandbox.clock import Clock
    from commerce_sandbox.service import Service
    from commerce_sandbox.shop import Shop


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The size of the shop and how each service behaves.

    Attributes:
        seed: The same seed and sizes give the same shop.
        customers: Number of registered customers.
        orders: Number of orders.
        products: Number of products.
        commercetools: How the shop's platform behaves.
        iterable: How Iterable behaves.
        dotdigital: How Dotdigital behaves.
    """

    seed: int = 7
    customers: int = 1000
    orders: int = 3000
    products: int = 300
    commercetools: CommercetoolsSettings = field(default_factory=CommercetoolsSettings)
    iterable: IterableSettings = field(default_factory=IterableSettings)
    dotdigital: DotdigitalSettings = field(default_factory=DotdigitalSettings)


def build_services(settings: SandboxSettings, clock: Clock, shop: Shop | None = None) -> dict[str, Service]:
    """Build the services.

    Args:
        settings: The size of the shop and how each service behaves.
        clock: The clock they share.
        shop: The shop to serve; None generates one.

    Returns:
        The services by name, in the order in which data flows.
    """
    generated = shop is None
    if shop is None:
        plan = ShopPlan(settings.seed, settings.customers, settings.orders, settings.products)
        shop = generate_shop(plan, clock)
    with without_collecting():
        commercetools = CommercetoolsService(clock, settings.commercetools, shop, with_history=generated)
    services: list[Service] = [
        commercetools,
        IterableService(clock, settings.iterable),
        DotdigitalService(clock, settings.dotdigital),
    ]
    return {service.name: service for service in services}
