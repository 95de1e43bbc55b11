"""Purchases: one a call, side by side for different people, in order for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from delivery.outcome import DELIVERED, Outcome
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import check_endpoint, single_outcome
from target_iterable.contracts import ENVELOPE
from target_iterable.identifiers import person_identity
from target_iterable.one_by_one import OneByOne
from target_iterable.person_check import check_person
from target_iterable.schemas import PURCHASE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.project import Project
    from target_iterable.project_fields import ProjectFields

PATH = "/api/commerce/trackPurchase"


class PurchaseSink(Sink):
    """Records purchases.

    Iterable: there is no bulk endpoint; a purchase with an id that is known already is updated, so sending one
    again changes nothing; the call creates or updates the buyer's profile and empties the cart on it.
    """

    stage: ClassVar[int] = 1
    lanes: ClassVar[int] = 16
    lane_depth: ClassVar[int] = 4
    record_schema: ClassVar[dict[str, Any]] = PURCHASE

    def __init__(
        self,
        stream: str,
        project: Project,
        fields: ProjectFields,
    ) -> None:
        super().__init__(stream)
        # Few, so that all lanes have work; more than one, so that one that fails goes behind others.
        self.max_batch_count = 20
        self._project = project
        self._fields = fields
        self._one_by_one = OneByOne(project.client.shutdown)

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        buyer = check_person(checked["user"], self._project.type, self._project.forgotten, "user")
        if isinstance(buyer, Outcome):
            return buyer
        fields = self._fields.fit(buyer.get("dataFields") or {}, self.stream)
        if isinstance(fields, Outcome):
            return fields
        return {**checked, "user": self._with_fields(buyer, fields)}

    def _with_fields(self, buyer: Record, fields: Record) -> Record:
        if not fields:
            return buyer
        creation = self._fields.rule.created
        wish = {} if creation is None else {"createNewFields": creation}
        # What the record itself says of new fields goes before the setting.
        return {**wish, **buyer, "dataFields": fields}

    @override
    def identify(self, record: Record) -> str:
        return person_identity(record["user"])

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return self._project.new_profiles.deliver(
            batch,
            self.stream,
            lambda able: self._one_by_one.deliver(able, self._send_one),
            lambda entry: entry.record["user"],
        )

    def _send_one(self, entry: Entry) -> Outcome:
        answer = self._project.client.ask(
            "POST",
            PATH,
            contract=ENVELOPE,
            stream=self.stream,
            budget=self._project.client.budgets.commerce,
            body=entry.element,
        )
        check_endpoint(answer, self.stream)
        return DELIVERED if answer.succeeded else single_outcome(answer)
