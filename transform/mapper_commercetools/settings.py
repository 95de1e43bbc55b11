"""Settings, checked once and compiled into what the mapping functions need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mapper_commercetools.cart_settings import CartSettings
from mapper_commercetools.consent import custom_field_names
from mapper_commercetools.consent_settings import compile_consents
from mapper_commercetools.custom_fields import FieldRule, FieldRules
from mapper_commercetools.deletions import DeletionRules, compile_deletion_rules
from mapper_commercetools.dotdigital import field_names as dotdigital_names
from mapper_commercetools.event_settings import EventSettings
from mapper_commercetools.iterable import field_names as iterable_names
from mapper_commercetools.list_rules import compile_list_rules
from mapper_commercetools.markets import MARKET_FACTS, Markets, check_catalog_names, compile_markets
from mapper_commercetools.order_summaries import OrderSummaryRules, compile_order_summary_rules
from mapper_commercetools.outcomes import SkipRecordError
from mapper_commercetools.settings_check import check_settings
from mapper_commercetools.settings_schema import (
    DOTDIGITAL_FIELD_DEFAULTS,
    ORDER_STATUS_DEFAULTS,
    SETTINGS_SCHEMA,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mapper_commercetools.consent import ConsentRule
    from mapper_commercetools.list_rules import ListRule

T = TypeVar("T")

ProjectType = Literal["hybrid", "userid", "email"]


@dataclass(frozen=True, slots=True)
class StoreRule:
    """Which stores travel.

    Attributes:
        keys: Keys of the stores; None takes all.
        take_without: Whether records of no store travel.
    """

    keys: frozenset[str] | None
    take_without: bool

    def takes(self, stores: list[str]) -> bool:
        """Tell whether a record of these stores travels."""
        return self.keys is None or not self.keys.isdisjoint(stores) or (self.take_without and not stores)

    def check(self, stores: list[str], place: str) -> None:
        """Raise SkipRecordError if a record of these stores does not travel."""
        if not self.takes(stores):
            message = f"{place}: not a store that setting store.keys lists"
            raise SkipRecordError(message)


@dataclass(frozen=True, slots=True)
class CatalogSettings:
    """How products become catalogue entries.

    Attributes:
        name: Iterable's catalog, or what follows `catalog_` in Dotdigital's collection.
        per_variant: One entry per variant instead of per product.
        per_market: One catalogue per market instead of one for everybody.
        skip_incomplete: Whether entries without a mandatory property are left out (Dotdigital).
        category_paths: Whether categories travel with their names and paths, from the stream `categories`.
        attributes: Product attributes to take along.
    """

    name: str
    per_variant: bool
    per_market: bool
    skip_incomplete: bool
    category_paths: bool
    attributes: FieldRules


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """All settings, compiled.

    Names are those of the settings, but for these: `markets` holds what describes a market at the top level too, with
    the instant of the run, and `taken_data_fields` the names in `dotdigital_fields`, in capitals.
    """

    markets: Markets
    store: StoreRule
    project_type: ProjectType
    consent: tuple[ConsentRule, ...]
    lists: tuple[ListRule, ...]
    customer_fields: FieldRules
    order_fields: FieldRules
    clear_absent: bool
    order_status: dict[str, str]
    key_orders_by_id: bool
    catalog: CatalogSettings
    dotdigital_fields: dict[str, str]
    taken_data_fields: frozenset[str]
    order_summaries: OrderSummaryRules | None
    carts: CartSettings | None
    events: EventSettings | None
    deletions: DeletionRules | None

    @property
    def locales(self) -> tuple[str, ...]:
        """Languages of records that belong to no market."""
        return self.markets.default.locales


def compile_settings(config: Mapping[str, Any], *, path: str = "", at: datetime | None = None) -> MappingSettings:
    """Check the settings and compile them.

    Args:
        config: The settings; a null or absent one has its default.
        path: What comes before a setting's name in error texts, for example `mapper.config.`.
        at: The instant at which prices must be valid; now by default.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path and says what to do.
    """
    check_settings(config, SETTINGS_SCHEMA, path)
    markets = _markets(config, path, at or datetime.now(timezone.utc))
    catalog, store = _section(config, "catalog"), _section(config, "store")
    custom_fields = _section(config, "custom_fields")
    keys = store.get("keys")
    data_fields = _dotdigital_fields(_section(config, "dotdigital_fields"), path, with_markets=bool(markets.named))
    taken = frozenset(name.upper() for name in data_fields.values())
    consents = compile_consents(config.get("consent"), f"{path}consent", taken)
    taken |= {rule.dotdigital.data_field.upper() for rule in consents if rule.dotdigital.data_field}
    order_summaries = _order_summaries(config, path, taken)
    return MappingSettings(
        markets=markets,
        store=StoreRule(frozenset(keys) if keys else None, store.get("without", "take") == "take"),
        project_type=_section(config, "identity").get("project_type", "hybrid"),
        consent=consents,
        lists=compile_list_rules(config.get("lists"), f"{path}lists", markets),
        customer_fields=_field_rules(_section(custom_fields, "customers"), "custom_fields.customers").leaving_out(
            custom_field_names(place for rule in consents for place in rule.evidence_paths())
        ),
        order_fields=_field_rules(_section(custom_fields, "orders"), "custom_fields.orders"),
        clear_absent=config.get("absent_fields") == "clear",
        order_status={**ORDER_STATUS_DEFAULTS, **_section(config, "order_status")},
        key_orders_by_id=config.get("order_key") == "id",
        catalog=CatalogSettings(
            name=catalog.get("name", "products"),
            per_variant=catalog.get("item") == "variant",
            per_market=catalog.get("per_market", False),
            skip_incomplete=catalog.get("incomplete") == "skip",
            category_paths=catalog.get("category_paths", False),
            attributes=FieldRules(
                "attributes", "catalog.attributes", _rules(catalog.get("attributes")), map_unlisted=False
            ),
        ),
        dotdigital_fields=data_fields,
        taken_data_fields=taken | _data_fields_of(order_summaries),
        order_summaries=order_summaries,
        carts=_compiled(config, "carts", CartSettings.compile, path),
        events=_compiled(config, "events", EventSettings.compile, path),
        deletions=_compiled(config, "deletions", compile_deletion_rules, path),
    )


def check_field_names(rules: FieldRules, destination: str, taken: frozenset[str], path: str) -> None:
    """Check the names that rules give to the shop's fields.

    Args:
        rules: The rules of one setting.
        destination: `iterable` or `dotdigital`.
        taken: Names of standard fields.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If the destination refuses a name, or two rules give the same.
    """
    names = iterable_names if destination == "iterable" else dotdigital_names
    seen: dict[str, str] = {}
    for source_name, rule in rules.listed.items():
        if rule is None or rule.name is None:
            continue
        place = f"{path}{rules.setting}.fields.{source_name}.name"
        if fault := names.fault_of_name(rule.name, taken):
            message = f"{place}: {fault}; choose another name"
            raise ValueError(message)
        if rule.name in seen:
            message = f"{place}: {seen[rule.name]} has this name already; choose another name"
            raise ValueError(message)
        seen[rule.name] = source_name


def _order_summaries(config: Mapping[str, Any], path: str, taken: frozenset[str]) -> OrderSummaryRules | None:
    section = config.get("order_summaries")
    if section is None:
        return None
    return compile_order_summary_rules(
        section, f"{path}order_summaries", currency=config.get("currency"), taken_data_fields=taken
    )


def _compiled(config: Mapping[str, Any], name: str, compile_section: Callable[[Any, str], T], path: str) -> T | None:
    """Return a section compiled; None if it is not there, which means that nothing of it is wanted."""
    return None if config.get(name) is None else compile_section(config[name], f"{path}{name}")


def _data_fields_of(rules: OrderSummaryRules | None) -> frozenset[str]:
    return frozenset(name.upper() for name in rules.dotdigital_fields.values()) if rules else frozenset()


def _section(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = config.get(name)
    return dict(section) if section else {}


def _markets(config: Mapping[str, Any], path: str, at: datetime) -> Markets:
    catalog = _section(config, "catalog")
    markets = compile_markets(config, path, at)
    if catalog.get("per_market"):
        check_catalog_names(markets, catalog.get("name", "products"), path)
    return markets


def _rules(fields: dict[str, Any] | None) -> dict[str, FieldRule | None]:
    return {
        name: None if rule is None else FieldRule(rule.get("name"), rule.get("type"))
        for name, rule in (fields or {}).items()
    }


def _field_rules(section: dict[str, Any], setting: str) -> FieldRules:
    return FieldRules(
        "custom.fields",
        setting,
        _rules(section.get("fields")),
        map_unlisted=section.get("unlisted", "map") == "map",
        enum_labels=section.get("enum_labels", False),
    )


def _dotdigital_fields(section: dict[str, Any], path: str, *, with_markets: bool) -> dict[str, str]:
    names: dict[str, str] = {}
    for key, name in {**DOTDIGITAL_FIELD_DEFAULTS, **section}.items():
        if name is None or (key in MARKET_FACTS and not with_markets):
            continue
        place = f"{path}dotdigital_fields.{key}"
        if fault := dotdigital_names.fault_of_name(name, frozenset()):
            message = f"{place}: {fault}; choose another name"
            raise ValueError(message)
        if name.upper() in {other.upper() for other in names.values()}:
            message = f"{place}: another standard field has this name; choose another name"
            raise ValueError(message)
        names[key] = name
    return names
