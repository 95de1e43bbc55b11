"""The setting `lists`: which customers belong in which list of the destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.consent_settings import NAME_OR_ID, comparable
from mapper_commercetools.field_paths import (
    LISTED_VALUES,
    PATH_PATTERN,
    ListedValue,
    Path,
    is_listed,
    parse_path,
    value_at,
)
from mapper_commercetools.people import market_of_customer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_commercetools.consent import ConsentRule, NameOrId
    from mapper_commercetools.markets import Markets
    from mapper_commercetools.people import CustomerFacts
    from mapper_commercetools.source_values import Record

_KEYS: dict[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}

LISTS_SCHEMA: dict[str, Any] = {
    "type": ["array", "null"],
    "minItems": 1,
    "description": "Lists that customers belong in, see [Lists](#lists): `{list, when: {store, market, field, values}, "
    "remove}`, of which only `list` is required",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["list"],
        "properties": {
            "list": {**NAME_OR_ID, "description": "Name or id of the list"},
            "when": {
                "type": "object",
                "description": "Who belongs in it: those for whom all of this is so. Without it everybody",
                "additionalProperties": False,
                "properties": {
                    "store": {**_KEYS, "description": "The customer has one of these stores (keys)"},
                    "market": {**_KEYS, "description": "The customer belongs to one of these `markets` (keys)"},
                    "field": {
                        "type": "string",
                        "pattern": PATH_PATTERN,
                        "description": "Path within the customer at which one of `values` is, or a set that holds one",
                    },
                    "values": {**LISTED_VALUES, "minItems": 1, "description": "Values, spelt exactly"},
                },
            },
            "remove": {
                "type": "boolean",
                "default": False,
                "description": "Iterable: whether everybody else is taken off the list. Dotdigital's import can only "
                "add",
            },
        },
    },
}
"""JSON Schema of the setting `lists`."""


@dataclass(frozen=True, slots=True)
class ListRule:
    """Who belongs in one list; a condition that is None always holds.

    Attributes:
        name: Name or id of the list.
        stores: Keys of stores, one of which the customer must have.
        markets: Keys of markets, to one of which the customer must belong.
        field: Path within the customer at which one of the values must be, or a set that holds one.
        values: These values.
        removes: Whether customers who do not belong in it are taken off.
    """

    name: NameOrId
    stores: frozenset[str] | None
    markets: frozenset[str] | None
    field: Path | None
    values: tuple[ListedValue, ...]
    removes: bool

    def unmet(self, customer: Record, facts: CustomerFacts, markets: Markets) -> str | None:
        """Return the name of a condition that does not hold; None if the customer belongs in the list.

        Args:
            customer: The customer.
            facts: What it says of itself.
            markets: The shop's markets.
        """
        if self.stores is not None and self.stores.isdisjoint(facts.stores):
            return "store"
        if self.markets is not None and market_of_customer(facts, markets).key not in self.markets:
            return "market"
        return None if self.field is None or self._is_there(value_at(customer, self.field)) else "field"

    def _is_there(self, value: object) -> bool:
        members = value if isinstance(value, list) else [value]
        return any(is_listed(member, self.values) for member in members)


def compile_list_rules(
    section: Sequence[Mapping[str, Any]] | None, path: str, markets: Markets
) -> tuple[ListRule, ...]:
    """Compile the setting `lists`, which fits its schema.

    Args:
        section: The setting; nothing gives no lists.
        path: The setting's path, for example `mapper.config.lists`.
        markets: The shop's markets.

    Raises:
        ValueError: If a setting is wrong; the text names its path.
    """
    seen: dict[NameOrId, int] = {}
    rules = []
    for index, item in enumerate(section or ()):
        rules.append(_compile(item, f"{path}.{index}", markets))
        first = seen.setdefault(comparable(item["list"]), index)
        if first != index:
            message = f"{path}.{index}.list: lists.{first} is about this list already; give each list one rule"
            raise ValueError(message)
    return tuple(rules)


def check_lists(rules: Sequence[ListRule], consents: Sequence[ConsentRule], destination: str, path: str) -> None:
    """Check that no list is driven by a consent as well.

    Args:
        rules: The lists.
        consents: The consents.
        destination: `iterable` or `dotdigital`.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If one is; the text names the setting's path.
    """
    owner = {
        comparable(item): consent.name
        for consent in consents
        for item in (consent.iterable.lists if destination == "iterable" else consent.dotdigital.lists)
    }
    for index, rule in enumerate(rules):
        place = f"{path}lists.{index}.list"
        if comparable(rule.name) in owner:
            message = f"{place}: consent.{owner[comparable(rule.name)]} drives this list already; leave it to that"
            raise ValueError(message)


def _compile(item: Mapping[str, Any], place: str, markets: Markets) -> ListRule:
    when = item.get("when") or {}
    if ("field" in when) != ("values" in when):
        message = f"{place}.when: field and values belong together; give both or neither"
        raise ValueError(message)
    known = {market.key for market in markets.named}
    for number, key in enumerate(when.get("market", ())):
        if key not in known:
            message = f"{place}.when.market.{number}: the key of no market in the setting markets"
            raise ValueError(message)
    return ListRule(
        name=item["list"],
        stores=frozenset(when["store"]) if "store" in when else None,
        markets=frozenset(when["market"]) if "market" in when else None,
        field=parse_path(when["field"]) if "field" in when else None,
        values=tuple(when.get("values", ())),
        removes=item.get("remove", False),
    )
