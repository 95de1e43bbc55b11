"""How the status of the e-mail channel changes: the rules that decide who may be mailed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mail = Literal["doubleOptIn", "resubscribeChallenge"]

SUBSCRIBED = "subscribed"
UNSUBSCRIBED = "unsubscribed"
SUPPRESSED = "suppressed"
PENDING = "pendingOptIn"
NO_SUBSCRIPTION = "noSubscription"
WRITABLE = frozenset({SUBSCRIBED, UNSUBSCRIBED, SUPPRESSED})
OPEN = frozenset({SUBSCRIBED, UNSUBSCRIBED, PENDING, NO_SUBSCRIPTION, "softBounced"})
"""Statuses that a write may change; every other one bars the contact for good."""

ALL_STATUSES = OPEN | frozenset(
    {
        "hardBounced",
        "ispComplained",
        "directComplaint",
        "spamTrap",
        "deleted",
        "blockedlocalpart",
        "sharedsuppression",
        "sharedDomainSuppression",
        "suppressed",
        "purchased",
        "knownComplainer",
        "knownLitigator",
        "binned",
        "domainSuppressed",
    }
)


@dataclass(frozen=True, slots=True)
class ChannelWrite:
    """What a request says about the e-mail channel.

    Attributes:
        status: The status it states, None if it states none.
        opt_in_type: The opt-in type it states, as read back, None if it states none.
        email_type: The format of mails it states, as read back, None if it states none.
        no_challenge: Whether an unsubscribed person is subscribed again without being asked. The vendor's default.
    """

    status: str | None = None
    opt_in_type: str | None = None
    email_type: str | None = None
    no_challenge: bool = True


@dataclass(frozen=True, slots=True)
class StatusDecision:
    """The status after a write, and the mail the person gets because of it."""

    status: str
    mail: Mail | None = None


def decide_status(
    write: ChannelWrite, current: str | None, current_opt_in: str, *, enforce_double_opt_in: bool
) -> StatusDecision:
    """Return the status of the e-mail channel after a write.

    The vendor's rules: a new contact without a status becomes subscribed; without a status an existing one keeps
    its own; suppressed contacts keep theirs whatever is written; a verified double opt-in mails the person first.

    Args:
        write: What the request says.
        current: Present status; None for a new contact.
        current_opt_in: Present opt-in type.
        enforce_double_opt_in: The account setting that mails everyone who is to be subscribed.
    """
    if current is not None and current not in OPEN:
        return StatusDecision(current)
    if write.status in {UNSUBSCRIBED, SUPPRESSED}:
        return StatusDecision(write.status)
    if current is None:
        verify = enforce_double_opt_in or write.opt_in_type == "VerifiedDouble"
        return StatusDecision(PENDING, "doubleOptIn") if verify else StatusDecision(SUBSCRIBED)
    newly_verified = write.opt_in_type == "VerifiedDouble" and current_opt_in != "VerifiedDouble"
    if write.status is None:
        # Opting in twice concerns those who get mail; it does not bring back who left.
        if newly_verified and current in {SUBSCRIBED, "softBounced"}:
            return StatusDecision(PENDING, "doubleOptIn")
        return StatusDecision(current)
    return _subscribe(write, current, verify=newly_verified, enforce=enforce_double_opt_in)


def _subscribe(write: ChannelWrite, current: str, *, verify: bool, enforce: bool) -> StatusDecision:
    """Return the status after ``subscribed`` was written for an existing contact."""
    if current == UNSUBSCRIBED:
        if not write.no_challenge:
            return StatusDecision(PENDING, "resubscribeChallenge")
        return StatusDecision(PENDING, "doubleOptIn") if verify or enforce else StatusDecision(SUBSCRIBED)
    if current == PENDING:
        # The person was asked already; only a write that wants no challenge ends the waiting.
        waits = not write.no_challenge or enforce or write.opt_in_type == "VerifiedDouble"
        return StatusDecision(PENDING if waits else SUBSCRIBED)
    if verify or (enforce and current == NO_SUBSCRIPTION):
        return StatusDecision(PENDING, "doubleOptIn")
    return StatusDecision(SUBSCRIBED)


def overall_status(channel_status: str) -> str:
    """Return the status of the contact as a whole, which knows fewer words than that of the channel."""
    if channel_status in {SUBSCRIBED, UNSUBSCRIBED, PENDING, "deleted", SUPPRESSED, "binned", NO_SUBSCRIPTION}:
        return channel_status
    return SUBSCRIBED if channel_status == "softBounced" else SUPPRESSED
