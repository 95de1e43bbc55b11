"""Why a record is sent as it is: what the settings decided, asked of the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.consent import Consent, read_consent
from mapper_commercetools.money import Money, amount
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.people import market_of_customer, read_customer
from mapper_commercetools.prices import choose_price
from mapper_commercetools.source_values import nested, nested_list, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_commercetools.consent import ConsentRule
    from mapper_commercetools.markets import Market
    from mapper_commercetools.prices import ChosenPrice, PriceRule
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record


def reasons_for(stream: str, record: Record, settings: MappingSettings) -> Iterator[str]:
    """Yield what the settings decided about a record, one sentence each.

    Args:
        stream: The source stream.
        record: Its record.
        settings: The settings of the run.
    """
    try:
        if stream == "customers":
            yield from _market_reasons(market_of_customer(read_customer(record), settings.markets), settings)
            yield _consent_reason(record, settings.consent)
        elif stream == "orders":
            yield from _market_reasons(settings.markets.of_purchase(record), settings)
            yield "consent: an order says nothing about it"
        elif stream == "products":
            for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market):
                yield from _price_reasons(record, market)
    except RejectRecordError:
        # The outcome of the record tells it.
        return


def _market_reasons(market: Market, settings: MappingSettings) -> Iterator[str]:
    if settings.markets.named:
        yield f"market: {market.key or 'none of those named, so what the settings at the top level describe'}"


def _price_reasons(product: Record, market: Market) -> Iterator[str]:
    current = nested(nested(product, "masterData"), "current")
    rule, place = market.price, f" in market {market.key}" if market.key else ""
    for variant in (nested(current, "masterVariant"), *nested_list(current, "variants")):
        if variant:
            yield f"price of variant {whole_number(variant, 'id')}{place}: {_price_reason(variant, rule)}"


def _price_reason(variant: Record, rule: PriceRule) -> str:
    prices = nested_list(variant, "prices")
    chosen = choose_price(prices, rule)
    wanted = (
        f"currency {rule.currency or 'any'}, country {rule.country or 'any'}, at {rule.at.isoformat('T', 'seconds')}"
    )
    if chosen is None:
        return f"none of {len(prices)} fits {wanted}"
    fitting = [price for price in prices if choose_price([price], rule) is not None]
    source = next(price for price in fitting if choose_price([price], rule) == chosen)
    return (
        f"{_in_words(chosen)}, the most specific of {len(fitting)} that fit {wanted}, of {len(prices)} in all "
        f"({_scope(source)})"
    )


def _in_words(price: ChosenPrice) -> str:
    discounted = f", discounted {_money(price.discounted)}" if price.discounted else ""
    return f"{_money(price.value)}{discounted}"


def _money(money: Money) -> str:
    return f"{amount(money.units, money.digits):f} {money.currency}"


def _scope(price: Record) -> str:
    """Return to whom a price applies, in words."""
    parts = [f"country {country}" if (country := text(price, "country")) else "every country"]
    parts += [name for name in ("channel", "customerGroup", "validFrom", "validUntil") if price.get(name)]
    return ", ".join(parts)


def _consent_reason(customer: Record, rule: ConsentRule) -> str:
    consent, field = read_consent(customer, rule), ".".join(rule.field)
    if consent.answer == "unknown":
        return (
            f"consent: unknown, because {field} is absent or holds none of consent.email.yes_values and no_values "
            "exactly, so nothing is said about it"
        )
    missing = _missing_evidence(consent, rule)
    evidence = f"; no evidence in {', '.join(missing)}" if missing else "; all evidence is there"
    return f"consent: {consent.answer}, because {field} holds one of consent.email.{consent.answer}_values{evidence}"


def _missing_evidence(consent: Consent, rule: ConsentRule) -> list[str]:
    parts = (
        (consent.time, rule.time),
        (consent.url, rule.url),
        (consent.ip, rule.ip),
        (consent.user_agent, rule.user_agent),
        (consent.text, rule.text),
    )
    return [".".join(path) for value, path in parts if value is None]
