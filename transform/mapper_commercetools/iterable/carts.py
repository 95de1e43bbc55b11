"""Carts of Iterable profiles: bodies of `commerce/updateCart`, and events about carts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_commercetools.abandoned_carts import abandoned_at
from mapper_commercetools.carts import CartFacts, check_owner, read_cart
from mapper_commercetools.event_ids import event_id
from mapper_commercetools.iterable.commerce_items import commerce_item, item_schema
from mapper_commercetools.iterable.event_fields import EVENTS, identifier_of, market_fields, totals_fields
from mapper_commercetools.iterable.field_values import as_double, without_absent
from mapper_commercetools.iterable.users import buyer
from mapper_commercetools.json_schema import array_of, open_object, record_schema, required
from mapper_commercetools.outcomes import MappedRecord, MappedStream, SkipRecordError, mapped
from mapper_commercetools.timestamps import epoch_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from mapper_commercetools.cart_settings import CartSettings
    from mapper_commercetools.event_settings import EventKind, EventSettings
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record

CARTS = "carts"

_WITHOUT_CONTENTS = {
    "Ordered": "cartState: Ordered, and the purchase of its order empties the cart of the profile",
    "Merged": "cartState: Merged, and what was in it is in the cart it was merged into",
}
_HISTORY = "lastModifiedAt: what happened before setting events.since starts no journey"


def carts_stream() -> MappedStream:
    """Return the stream `carts`."""
    user = open_object(
        {
            "userId": required("string", "Customer id, or a guest's made-up id"),
            "email": required("string", "E-mail address"),
            "mergeNestedObjects": required("boolean", "Merge objects key by key"),
        },
        "Whose cart it is, by one identifier",
    )
    schema = record_schema(
        {
            "cartId": required("string", "commercetools cart id; for the loader, not for the API"),
            "cartVersion": required(
                "integer", "Version of the cart; for the loader, not for the API, which tells repeats apart by nothing"
            ),
            "createdAt": required("integer", "When the cart last changed, seconds since 1970"),
            "user": user,
            "items": array_of(item_schema("One line of the cart"), "The whole cart; none empties it"),
        },
        needs=("cartId", "cartVersion", "user", "items"),
    )
    return MappedStream(CARTS, schema, ("cartId", "cartVersion"))


def map_cart(
    cart: Record, settings: MappingSettings, carts: CartSettings, events: EventSettings, now: datetime
) -> list[MappedRecord]:
    """Map a cart to the profile's cart, and to `cartUpdated` if that event has a name; or to `cartAbandoned`.

    Active and frozen carts are their owners' carts; empty ones empty the profile's. Ordered and merged ones are
    left out: their owner may have a new cart by now. Each update stores an event that can start journeys, so what is
    older than `events.since` is left out too.

    Args:
        cart: The cart.
        settings: The settings.
        carts: The section `carts`.
        events: The section `events`.
        now: The instant of the run.

    Raises:
        RejectRecordError: If the cart is malformed.
        SkipRecordError: If its store does not travel, it is nobody's, or its state leaves it out; if abandonment is to
            be told, also if it is not abandoned.
    """
    market = settings.markets.of_purchase(cart)
    facts = read_cart(cart, market.locales)
    settings.store.check([facts.store] if facts.store else [], "store")
    check_owner(facts, carts)
    if facts.email is None and settings.project_type == "email":
        message = "customerEmail: missing, and an email-based project identifies people by it"
        raise SkipRecordError(message)
    user = buyer(facts, settings.project_type)
    items = [commerce_item(line, facts.totals.digits, market.product_link) for line in facts.items]
    told = {
        **identifier_of(user),
        "dataFields": without_absent(
            {
                **market_fields(settings, market, facts.store, facts.locale),
                **_fields(facts),
                "cartUrl": carts.page_of(facts.id, facts.locale or market.locales[0]),
                "items": items,
            }
        ),
    }
    if carts.tells_abandonment:
        name, at = _abandonment(facts, carts, events, now)
        return [_event("cartAbandoned", name, facts, at, told)]
    if facts.state in _WITHOUT_CONTENTS:
        raise SkipRecordError(_WITHOUT_CONTENTS[facts.state])
    if events.is_history(facts.updated_at):
        raise SkipRecordError(_HISTORY)
    outcomes = [mapped(CARTS, _contents(facts, user, items))]
    if (updated := events.names.get("cartUpdated")) is not None:
        outcomes.append(_event("cartUpdated", updated, facts, facts.updated_at, told))
    return outcomes


def _abandonment(cart: CartFacts, carts: CartSettings, events: EventSettings, now: datetime) -> tuple[str, datetime]:
    """Return the name and the time of an abandoned cart's event.

    Raises:
        SkipRecordError: If it is not abandoned, or that is not to be told.
    """
    name = events.names.get("cartAbandoned")
    if name is None:
        message = "setting events.names.cartAbandoned: null, so that abandoned carts are not told"
        raise SkipRecordError(message)
    at = abandoned_at(cart, carts, now)
    if events.is_history(at):
        raise SkipRecordError(_HISTORY)
    return name, at


def _contents(cart: CartFacts, user: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cartId": cart.id,
        "cartVersion": cart.version,
        "createdAt": epoch_seconds(cart.updated_at),
        "user": user,
        "items": [{**item, "dataFields": {**item["dataFields"], "cartId": cart.id}} for item in items],
    }


def _fields(cart: CartFacts) -> dict[str, Any]:
    totals = cart.totals
    return {
        "cartId": cart.id,
        "currency": totals.currency,
        "total": as_double(totals.total, totals.digits),
        **totals_fields(totals),
        "itemCount": sum(line.quantity for line in cart.lines if not line.is_custom),
        "isGuest": cart.customer_id is None,
        "store": cart.store,
        "country": cart.country,
        "locale": cart.locale,
    }


def _event(kind: EventKind, name: str, cart: CartFacts, occurred_at: datetime, facts: dict[str, Any]) -> MappedRecord:
    """Return an event of one version of a cart: its id holds the version, so that it is told once per version."""
    return mapped(
        EVENTS,
        {
            "eventName": name,
            "id": event_id("cart", cart.id, kind.removeprefix("cart").lower(), str(cart.version)),
            "createdAt": epoch_seconds(occurred_at),
            **facts,
            "dataFields": {"event": kind, "timeIsExact": True, **facts["dataFields"]},
        },
    )
