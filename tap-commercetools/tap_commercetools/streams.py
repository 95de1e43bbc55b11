"""The streams of the tap, as data: one declaration each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_commercetools.schemas.customer import CUSTOMER
from tap_commercetools.schemas.order import ORDER
from tap_commercetools.schemas.product import PRODUCT

if TYPE_CHECKING:
    from tap_commercetools.schemas.field_types import Schema


@dataclass(frozen=True, slots=True)
class StreamDefinition:
    """One queryable collection of the platform.

    Attributes:
        name: The stream's name: the API path in snake case, plural.
        path: The API path within the project.
        schema: What its records look like.
        scopes: Scopes that allow to read it, any one of which is enough.
        replication_key: The time field it is ordered by.
        withheld: Fields that are never emitted.
    """

    name: str
    path: str
    schema: Schema
    scopes: tuple[str, ...]
    replication_key: str = "lastModifiedAt"
    withheld: tuple[str, ...] = ()


STREAMS: tuple[StreamDefinition, ...] = (
    StreamDefinition("customers", "customers", CUSTOMER, ("view_customers",), withheld=("password",)),
    StreamDefinition("orders", "orders", ORDER, ("view_orders",)),
    StreamDefinition("products", "products", PRODUCT, ("view_products", "view_published_products")),
)
