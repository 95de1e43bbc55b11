"""The stream of customer order summaries: what each customer or guest has bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_commercetools.buyer_orders import CustomerOrderSummaries
from tap_commercetools.derived_stream import DerivedStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.page import Record
    from tap_commercetools.window import Window


class SummaryStream(DerivedStream):
    """Summaries of those whose orders or payments changed: a refund changes the payment and not the order."""

    collections = ("orders", "payments")
    _summaries: CustomerOrderSummaries

    @override
    def window_begins(self, window: Window) -> None:
        super().window_begins(window)
        self._summaries = CustomerOrderSummaries(self.commercetools.client.fetch_page, self.logger)

    @override
    def made_of(self, rows: Sequence[Record]) -> Iterator[Record]:
        payments: list[Record] = []
        orders: list[Record] = []
        for row in rows:
            (payments if "amountPlanned" in row else orders).append(row)
        yield from self._summaries.of_changed_orders(orders)
        yield from self._summaries.of_changed_payments(payments)
