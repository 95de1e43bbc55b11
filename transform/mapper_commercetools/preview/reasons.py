"""Why a record is sent as it is: what the settings decided, asked of the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_commercetools.outcomes import RejectRecordError, unexpected
from mapper_commercetools.people import market_of_customer, read_customer
from mapper_commercetools.preview.people_reasons import people_reasons
from mapper_commercetools.preview.product_reasons import product_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_commercetools.markets import Market
    from mapper_commercetools.references import References
    from mapper_commercetools.settings import MappingSettings
    from mapper_commercetools.source_values import Record


def reasons_for(stream: str, record: Record, settings: MappingSettings, references: References) -> Iterator[str]:
    """Yield what the settings decided about a record, one sentence each.

    Args:
        stream: The source stream.
        record: Its record.
        settings: The settings of the run.
        references: What the run has read of the records that others refer to.
    """
    try:
        if stream == "customers":
            yield from _market_reasons(market_of_customer(read_customer(record), settings.markets), settings)
            yield from people_reasons(record, settings)
        elif stream == "orders":
            yield from _market_reasons(settings.markets.of_purchase(record), settings)
            yield "consent: an order says nothing about it"
        elif stream in {"products", "product_offers"}:
            tree = references.category_tree(settings)
            for market in settings.markets.of_catalogues(per_market=settings.catalog.per_market):
                yield from product_reasons(record, market, tree)
    except RejectRecordError:
        # The outcome of the record tells it.
        return
    except Exception as error:  # noqa: BLE001  one record must never stop the others from being shown
        yield f"the rest cannot be told: {unexpected(error, 'the rules were asked')}"


def _market_reasons(market: Market, settings: MappingSettings) -> Iterator[str]:
    if settings.markets.named:
        yield f"market: {market.key or 'none of those named, so what the settings at the top level describe'}"
