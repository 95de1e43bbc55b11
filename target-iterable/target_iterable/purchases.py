"""Purchases: one a call, side by side for different people, in order for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from delivery.outcome import DELIVERED, Outcome, rejected
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import single_outcome
from target_iterable.identifiers import PersonFault, ProjectType, normalize_person, person_identity
from target_iterable.schemas import PURCHASE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.client import IterableClient

PATH = "/api/commerce/trackPurchase"


class PurchaseSink(Sink):
    """Records purchases.

    Iterable: there is no bulk endpoint; a purchase with an id that is known already is updated, so sending one
    again changes nothing; the call creates or updates the buyer's profile and empties the cart on it.
    """

    stage: ClassVar[int] = 1
    lanes: ClassVar[int] = 8
    lane_depth: ClassVar[int] = 64
    record_schema: ClassVar[dict[str, Any]] = PURCHASE

    def __init__(self, stream: str, client: IterableClient, project_type: ProjectType) -> None:
        super().__init__(stream)
        self.max_batch_count = 1
        self._client = client
        self._project_type = project_type

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        buyer = normalize_person(checked["user"], self._project_type)
        if isinstance(buyer, PersonFault):
            return rejected(f"user: {buyer.reason}", "identifier")
        return {**checked, "user": buyer}

    @override
    def identify(self, record: Record) -> str:
        return person_identity(record["user"])

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return [self._send_one(entry) for entry in batch]

    def _send_one(self, entry: Entry) -> Outcome:
        answer = self._client.ask(
            "POST", PATH, stream=self.stream, budget=self._client.budgets.commerce, body=entry.element
        )
        return DELIVERED if answer.succeeded else single_outcome(answer)
