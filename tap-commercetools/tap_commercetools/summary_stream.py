"""The stream of customer order summaries: what each customer or guest has bought."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_commercetools.buyer_orders import CustomerOrderSummaries
from tap_commercetools.resource_stream import ResourceStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.page import Record, Row
    from tap_commercetools.window import Window


class SummaryStream(ResourceStream):
    """Summaries of those whose orders or payments changed.

    Both are read in one order of time, because a refund changes the payment and not the order. A first run needs only
    the orders: it makes everybody's summary.
    """

    _summaries: CustomerOrderSummaries
    _is_first_run = False

    @override
    def paths(self) -> list[str]:
        return ["orders"] if self._is_first_run else ["orders", "payments"]

    @override
    def window_begins(self, window: Window) -> None:
        self._is_first_run = window.seen_until is None
        self._summaries = CustomerOrderSummaries(self.commercetools.client.fetch_page, self.logger)

    @override
    def records_of(self, rows: Sequence[Row]) -> Iterator[Record]:
        payments: list[Record] = []
        orders: list[Record] = []
        for record in super().records_of(rows):
            (payments if "amountPlanned" in record else orders).append(record)
        summaries = chain(self._summaries.of_changed_orders(orders), self._summaries.of_changed_payments(payments))
        while True:
            with self.commercetools.termination.waiting():
                summary = next(summaries, None)
            if summary is None:
                return
            yield summary
