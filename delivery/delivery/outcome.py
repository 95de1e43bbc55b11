"""How the way of a record ends: delivered, rejected or skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class OutcomeKind(str, Enum):
    """The three ends a record can come to. `read = delivered + rejected + skipped`, always."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one record.

    Attributes:
        kind: Delivered, rejected or skipped.
        reason: Why it was rejected or skipped: names fields and rules, never a value of the record.
        code: The service's own word for the reason, when it gave one.
    """

    kind: OutcomeKind
    reason: str = ""
    code: str = ""


DELIVERED = Outcome(OutcomeKind.DELIVERED)


def rejected(reason: str, code: str = "") -> Outcome:
    """Return the outcome of a record that is kept on disk with this reason."""
    return Outcome(OutcomeKind.REJECTED, reason, code)


def skipped(reason: str) -> Outcome:
    """Return the outcome of a record that a rule leaves out."""
    return Outcome(OutcomeKind.SKIPPED, reason)


OPT_OUT_DELIVERED = "its opt-out was carried out"


def with_opt_out(outcome: Outcome, of_opt_out: Outcome) -> Outcome:
    """Return the outcome of a rejected record whose noes were sent on their own.

    Args:
        outcome: Why the record was rejected.
        of_opt_out: What came of the noes.
    """
    if of_opt_out.kind is OutcomeKind.SKIPPED:
        return outcome
    told = OPT_OUT_DELIVERED
    if of_opt_out.kind is OutcomeKind.REJECTED:
        told = f"its opt-out could not be carried out: {of_opt_out.reason}"
    return replace(outcome, reason=f"{outcome.reason}; {told}")
