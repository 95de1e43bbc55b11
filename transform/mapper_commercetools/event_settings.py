"""The section `events` of the settings: which events are told, under which names, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from mapper_commercetools.timestamps import read_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EventKind = Literal[
    "orderPlaced",
    "orderConfirmed",
    "orderShipped",
    "orderDelivered",
    "orderCancelled",
    "orderReturned",
    "orderRefunded",
    "cartUpdated",
    "cartAbandoned",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

# Iterable stores `updateCart` events of its own for each cart it is sent, so `cartUpdated` is told on request only.
EVENT_NAME_DEFAULTS: dict[str, str | None] = {kind: None if kind == "cartUpdated" else kind for kind in EVENT_KINDS}
# Iterable: events that its commerce calls store by themselves, with fields of their own types.
_NAMES_OF_ITERABLE = frozenset({"purchase", "updateCart"})

EVENTS_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "Iterable: what is told of orders and carts as events. Left out, nothing is told of orders; `{}` "
    "takes the defaults",
    "additionalProperties": False,
    "properties": {
        "names": {
            "type": "object",
            "description": "What happened → name of the event; null leaves it out",
            "additionalProperties": False,
            "properties": {
                kind: {
                    "type": ["string", "null"],
                    "pattern": r"^\S(.*\S)?$",
                    "default": name,
                    "description": f"Name of the event {kind}",
                }
                for kind, name in EVENT_NAME_DEFAULTS.items()
            },
        },
        "since": {
            "type": ["string", "null"],
            "description": "What happened before this instant (ISO 8601) starts no journey: it is left out, or named "
            "as `import_as` says. An order's event of unknown time counts as old if the order was placed before",
        },
        "import_as": {
            "type": ["string", "null"],
            "pattern": r"^\S(.*\S)?$",
            "description": "Name of all order events from before `since`, for example `orderImported`; their field "
            "`event` tells what they are. Without it they are left out",
        },
        "shipped_by": {
            "enum": ["delivery", "shipment_state"],
            "default": "delivery",
            "description": "What says that an order was shipped: each of its deliveries, or once its `shipmentState` "
            "(for shops that keep no deliveries)",
        },
        "refunds_from": {
            "enum": ["returns", "payments"],
            "default": "returns",
            "description": "What says that money was refunded: return items with `paymentState` `Refunded`, or the "
            "`Refund` transactions of payments. One of them only: both may tell of the same refund",
        },
    },
}


@dataclass(frozen=True, slots=True)
class EventSettings:
    """The section, compiled.

    Attributes:
        names: Event → its name; what is not in it is not told.
        since: What happened before is history.
        import_as: Name of order events that are history; None leaves them out.
        shipped_by_state: Whether the shipment state tells of shipping, instead of deliveries.
        refunds_from_payments: Whether payments tell of refunds, instead of return items.
    """

    names: dict[EventKind, str]
    since: datetime | None
    import_as: str | None
    shipped_by_state: bool
    refunds_from_payments: bool

    @classmethod
    def compile(cls, section: Mapping[str, Any] | None, path: str) -> EventSettings:
        """Compile the section, which fits its schema.

        Args:
            section: What the settings say; nothing gives the defaults.
            path: The section's path, for example `mapper.config.events`.

        Raises:
            ValueError: If a setting is wrong; the text names its path.
        """
        section = section or {}
        written = section.get("since")
        since = read_instant(written)
        if written is not None and since is None:
            message = f"{path}.since: not an instant; write it as 2026-11-01T00:00:00Z"
            raise ValueError(message)
        import_as = section.get("import_as")
        names = _names(section.get("names") or {}, path)
        if import_as is not None:
            _check_name(import_as, f"{path}.import_as", set(names.values()))
            if since is None:
                message = f"{path}.import_as: names events from before {path}.since, which is missing; set both"
                raise ValueError(message)
        return cls(
            names=names,
            since=since,
            import_as=import_as,
            shipped_by_state=section.get("shipped_by") == "shipment_state",
            refunds_from_payments=section.get("refunds_from") == "payments",
        )

    def is_history(self, occurred_at: datetime) -> bool:
        """Tell whether what happened at an instant shall start no journey."""
        return self.since is not None and occurred_at < self.since


def _names(section: Mapping[str, str | None], path: str) -> dict[EventKind, str]:
    names: dict[EventKind, str] = {}
    chosen = {**EVENT_NAME_DEFAULTS, **section}
    for kind in EVENT_KINDS:
        name = chosen[kind]
        if name is not None:
            _check_name(name, f"{path}.names.{kind}", set(names.values()))
            names[kind] = name
    return names


def _check_name(name: str, place: str, taken: set[str]) -> None:
    if name in _NAMES_OF_ITERABLE:
        message = f"{place}: an event that Iterable stores by itself has this name; choose another name"
        raise ValueError(message)
    if name in taken:
        message = f"{place}: another event has this name; choose another name"
        raise ValueError(message)
