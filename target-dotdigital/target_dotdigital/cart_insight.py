"""Carts: Insight records whose contacts may be enrolled into a program for abandoned carts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from delivery.outcome import DELIVERED, Outcome, OutcomeKind, rejected
from typing_extensions import override

from target_dotdigital.insight import InsightSink
from target_dotdigital.iso_time import parse_time, write_time
from target_dotdigital.program_enrolment import EnrolmentWish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry
    from delivery.sink import Record

    from target_dotdigital.insight_collections import Collection
    from target_dotdigital.insight_delivery import InsightServices
    from target_dotdigital.program_enrolment import ProgramEnrolment
    from target_dotdigital.programs import Program

ORDERED = "ORDER_COMPLETE"
PURPOSE = "purpose"
NOT_ACTIVE = "not enrolled: the program of the setting cart_insight_program is not active"


@dataclass(frozen=True, slots=True)
class CartProgram:
    """The program that contacts of carts are enrolled into.

    Attributes:
        program: The program.
        within: How long ago a cart may have changed.
        enrolment: Enrols contacts.
    """

    program: Program
    within: timedelta
    enrolment: ProgramEnrolment


class CartInsightSink(InsightSink):
    """Stores carts, and enrols their contacts if the settings name a program."""

    def __init__(
        self, stream: str, services: InsightServices, collection: Collection, cart_program: CartProgram
    ) -> None:
        super().__init__(stream, services, collection)
        self._cart_program = cart_program

    @override
    def retained(self, record: Record) -> Record:
        kept = super().retained(record)
        purpose = purpose_of(record, self._cart_program.within, datetime.now(tz=timezone.utc))
        return kept if purpose is None else {**kept, PURPOSE: purpose}

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        outcomes = list(super().send(batch))
        places = [
            place
            for place, entry in enumerate(batch)
            if PURPOSE in entry.record and outcomes[place].kind is OutcomeKind.DELIVERED
        ]
        if not self._cart_program.program.active:
            for _ in places:
                self._notice(NOT_ACTIVE)
            return outcomes
        results = self._cart_program.enrolment.enrol([self._wish(batch[place].record) for place in places])
        for place, outcome in zip(places, results, strict=True):
            outcomes[place] = self._of_cart(outcome)
        return outcomes

    def _wish(self, record: Record) -> EnrolmentWish:
        identity = record["contactIdentity"]
        return EnrolmentWish(
            self._cart_program.program.id, identity["identifier"], str(identity["value"]), record[PURPOSE]
        )

    def _of_cart(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a cart that was stored, from that of its contact's enrolment."""
        if outcome.kind is OutcomeKind.REJECTED:
            return rejected(f"stored, but not enrolled: {outcome.reason}", outcome.code)
        self._notice("enrolled" if outcome == DELIVERED else f"not enrolled: {outcome.reason}")
        return DELIVERED

    def _notice(self, text: str) -> None:
        self._services.ledger.notice(self.stream, text)


def purpose_of(record: Record, within: timedelta, now: datetime) -> str | None:
    """Return what a cart's contact is to be enrolled for: this version of the cart; None if it is not to be.

    It is for a cart that is not ordered, has lines, and changed lately: a first run must not mail people because of
    carts they left long ago.

    Args:
        record: The Insight record.
        within: How long ago the cart may have changed.
        now: The present moment.
    """
    cart = record["json"] or {}
    phase, changed = cart.get("cartPhase"), cart.get("modifiedDate")
    moment = parse_time(changed) if isinstance(changed, str) else None
    if (
        not phase
        or str(phase).upper() == ORDERED
        or moment is None
        or not (cart.get("lineItems") or cart.get("products"))
    ):
        return None
    return f"{record['key']} {write_time(moment)}" if now - within <= moment else None
