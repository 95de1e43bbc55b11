"""The stream of customer order summaries: what each customer or guest has bought."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from tap_commercetools.buyer_orders import CustomerOrderSummaries
from tap_commercetools.derived_stream import DerivedStream, made_by_halving, readable_fields
from tap_commercetools.errors import fault_of
from tap_commercetools.order_summary import Buyer

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence

    from tap_commercetools.known_changes import Changes
    from tap_commercetools.left_out import LeftOut
    from tap_commercetools.lookup import FetchPage
    from tap_commercetools.page import Page, Record, Row
    from tap_commercetools.window import Window

_ORDERS = "orders"
_WHOSE_IT_IS = ("id", "lastModifiedAt", "customerId", "customerEmail", "paymentInfo")
_WHATEVER_COMES = ("9999", "9999")
"""Later than any change of an order or a payment."""


class PossibleSummaries(CustomerOrderSummaries):
    """Summaries, but for those of buyers one of whose orders or payments cannot be read or added up.

    Such a summary is told once, by its key, and not tried again in this run. Of an order that cannot be read whose it
    is often can: then its buyer's summary is known to be impossible without looking for what spoils the others.

    Args:
        fetch: Fetches a page of a collection.
        logger: Where it is told what belongs to nobody.
        left_out: Is told of the summaries that cannot be made.
    """

    def __init__(self, fetch: FetchPage, logger: logging.Logger, left_out: LeftOut) -> None:
        super().__init__(self._fetch_readable, logger)
        self._fetch_as_it_is = fetch
        self._left_out = left_out
        self._spoilt: dict[Buyer, str] = {}

    def owned(self, document: msgspec.Raw, fault: str) -> msgspec.Raw | None:
        """Return what shows whose an order is that cannot be read, and note that the buyer's summary cannot be made.

        Args:
            document: The order.
            fault: Why it cannot be read.

        Returns:
            An order without anything that could be added up; None if it does not show whose it is.
        """
        fields = readable_fields(document, _WHOSE_IT_IS)
        buyer = None if fields is None else _buyer(fields)
        if buyer is None:
            return None
        self._spoilt[buyer] = fault
        return msgspec.Raw(msgspec.json.encode(fields))

    def _fetch_readable(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        page = self._fetch_as_it_is(path, query, limit)
        if path != _ORDERS or not page.faults:
            return page
        owned = {place: self.owned(page.documents[place], fault) for place, fault in page.faults.items()}
        documents = [owned.get(place) or document for place, document in enumerate(page.documents)]
        faults = {place: fault for place, fault in page.faults.items() if owned[place] is None}
        return replace(page, documents=documents, faults=faults)

    @override
    def _summaries(self, needed: Mapping[Buyer, Changes]) -> Iterator[Record]:
        made_of = super()._summaries

        def make(buyers: Sequence[Buyer]) -> list[Record]:
            records = list(made_of({buyer: needed[buyer] for buyer in buyers if buyer not in self._spoilt}))
            for buyer in self._spoilt.keys() & set(buyers):
                self._give_up(buyer, self._spoilt[buyer])
            return records

        yield from made_by_halving(list(needed), make, lambda buyer, error: self._give_up(buyer, fault_of(error)))

    def _give_up(self, buyer: Buyer, fault: str) -> None:
        self._left_out.tell(self._spoilt.get(buyer, fault), buyer.key)
        self._known.note(buyer.key, _WHATEVER_COMES)


def _buyer(fields: Record) -> Buyer | None:
    is_text = all(isinstance(fields.get(name), str | None) for name in ("customerId", "customerEmail"))
    return Buyer.of_order(fields) if is_text and isinstance(fields.get("id"), str) else None


class SummaryStream(DerivedStream):
    """Summaries of those whose orders or payments changed: a refund changes the payment and not the order."""

    collections = (_ORDERS, "payments")
    _summaries: PossibleSummaries

    @override
    def window_begins(self, window: Window) -> None:
        super().window_begins(window)
        self._summaries = PossibleSummaries(self.commercetools.client.fetch_page, self.logger, self.left_out)

    @override
    def _without_faults(self, rows: list[Row]) -> list[Row]:
        return super()._without_faults([self._owned(row) for row in rows])

    def _owned(self, row: Row) -> Row:
        """Return an order that cannot be read as one that at least says whose it is, so that its summary is told."""
        document = self._summaries.owned(row.document, row.fault) if row.fault else None
        return row if document is None else row._replace(document=document, fault="")

    @override
    def made_of(self, rows: Sequence[Record]) -> Iterator[Record]:
        payments: list[Record] = []
        orders: list[Record] = []
        for row in rows:
            (payments if "amountPlanned" in row else orders).append(row)
        yield from self._summaries.of_changed_orders(orders)
        yield from self._summaries.of_changed_payments(payments)
