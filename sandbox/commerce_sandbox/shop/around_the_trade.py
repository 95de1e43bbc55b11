"""What a shop holds besides its catalogue, customers and orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.business_units import associate_roles, business_units
from commerce_sandbox.shop.custom_objects import custom_objects
from commerce_sandbox.shop.dice import Dice
from commerce_sandbox.shop.groupings import attribute_groups, discount_groups
from commerce_sandbox.shop.order_edits import order_edits
from commerce_sandbox.shop.past import Past
from commerce_sandbox.shop.product_selections import product_selections, product_tailoring
from commerce_sandbox.shop.quotes import quotes
from commerce_sandbox.shop.recurring_orders import recurrence_policies, recurring_orders
from commerce_sandbox.shop.reviews import reviews
from commerce_sandbox.shop.saved_payment_methods import payment_methods
from commerce_sandbox.shop.shopping_lists import shopping_lists
from commerce_sandbox.shop.standalone_prices import standalone_prices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document


@dataclass(frozen=True, slots=True)
class Trade:
    """What the rest refers to.

    Attributes:
        customers: All customers.
        orders: All orders.
        products: All products.
    """

    customers: Sequence[Document]
    orders: Sequence[Document]
    products: Sequence[Document]


def around_the_trade(seed: int, trade: Trade, founded: int, history_end: int) -> dict[str, list[Document]]:
    """Return the further resources by path.

    Each kind draws from dice of its own: one more of a kind changes no other kind.

    Args:
        seed: Seed of the shop.
        trade: Customers, orders and products, already generated.
        founded: Beginning of the history, in milliseconds since the epoch.
        history_end: Its end.
    """

    def past(path: str) -> Past:
        return Past(Dice(seed, path), founded, history_end)

    selections, members = product_selections(past("product-selections"), trade.products)
    return {
        "standalone-prices": standalone_prices(past("standalone-prices"), trade.products),
        "shopping-lists": shopping_lists(past("shopping-lists"), trade.customers, trade.products),
        "reviews": reviews(past("reviews"), trade.products, trade.customers),
        "associate-roles": associate_roles(past("associate-roles")),
        "business-units": business_units(past("business-units"), trade.customers),
        "product-selections": selections,
        "product-selections/products": members,
        "product-tailoring": product_tailoring(past("product-tailoring"), trade.products),
        **quotes(past("quotes"), trade.orders),
        "recurrence-policies": recurrence_policies(past("recurrence-policies")),
        "recurring-orders": recurring_orders(past("recurring-orders"), trade.orders),
        "orders/edits": order_edits(past("orders/edits"), trade.orders),
        "custom-objects": custom_objects(past("custom-objects")),
        "attribute-groups": attribute_groups(past("attribute-groups")),
        "discount-groups": discount_groups(past("discount-groups")),
        "payment-methods": payment_methods(past("payment-methods"), trade.customers),
    }
