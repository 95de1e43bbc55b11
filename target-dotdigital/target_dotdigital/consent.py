"""Decides what the bytes must say about consent: pure rules, without a call.

Dotdigital: a new contact that is written without a status becomes `subscribed`; an existing one keeps its status; and
`resubscribeWithNoChallenge`, true unless it is said otherwise, turns an unsubscribe round without asking. So nobody
may be written as they come: first comes what the source says, then what the account holds, then the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

SUBSCRIBED = "subscribed"
UNSUBSCRIBED = "unsubscribed"
CLOCKS_MAY_DIFFER = timedelta(minutes=5)

Resubscribe = Literal["never", "if_newer", "always"]


class SourceConsent(str, Enum):
    """What the source says about e-mail to a person."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class EmailWrite(str, Enum):
    """What is written about the e-mail channel."""

    NOTHING = "no status"
    SUBSCRIBE = "subscribed, as a contact that is new"
    RESUBSCRIBE = "subscribed, by a yes that undoes the opt-out"
    UNSUBSCRIBE = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is written about the e-mail channel of one contact.

    Attributes:
        write: What.
        notice: What people should know of it, counted in the log; empty if nothing.
    """

    write: EmailWrite
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Yes:
    """A yes of the source.

    Attributes:
        consented_at: When it was given, aware; None if the source does not tell.
    """

    consented_at: datetime | None = None


KEPT_NEVER = "stay unsubscribed although the source says yes: resubscribe is 'never'"
KEPT_UNTIMED = "stay unsubscribed although the source says yes: it does not say since when (consentedAt)"
KEPT_FUTURE = "stay unsubscribed although the source says yes: its time lies in the future (consentedAt)"
KEPT_NEWER = "stay unsubscribed although the source says yes: they unsubscribed after that yes"
RESUBSCRIBED = "subscribed again: the source's yes is newer than the opt-out"
RESUBSCRIBED_ALWAYS = "subscribed again although they had unsubscribed: the source says yes and resubscribe is 'always'"


def source_consent(contact: dict[str, Any]) -> SourceConsent:
    """Return what a contact record says: its status in `channelProperties.email`, or nothing."""
    status = ((contact.get("channelProperties") or {}).get("email") or {}).get("status")
    if status is None:
        return SourceConsent.UNKNOWN
    return SourceConsent.YES if status == SUBSCRIBED else SourceConsent.NO


def needs_opt_out_times(status: str | None, yes: Yes, policy: Resubscribe) -> bool:
    """Tell whether it must be known when people unsubscribed, to decide on one of them."""
    return status == UNSUBSCRIBED and policy == "if_newer" and yes.consented_at is not None


def decide_yes(
    status: str | None,
    yes: Yes,
    policy: Resubscribe,
    *,
    opted_out_since: bool,
    made_by_this_run: bool,
    now: datetime,
) -> Decision:
    """Decide on a contact to which the source says yes.

    Args:
        status: E-mail status in the account; None if the account does not know the contact, or no address of it.
        yes: What the source says.
        policy: Which yes undoes an opt-out.
        opted_out_since: Whether the contact unsubscribed at or after the time of the yes.
        made_by_this_run: Whether this run created the contact, as unsubscribed, when it did not know of the yes.
        now: The present, aware.
    """
    if status is None:
        return Decision(EmailWrite.SUBSCRIBE)
    if status == SUBSCRIBED:
        return Decision(EmailWrite.NOTHING)
    if status == UNSUBSCRIBED:
        if made_by_this_run:
            # An opt-out of nobody's but this loader's own, made so that nobody is mailed by accident.
            return Decision(EmailWrite.RESUBSCRIBE)
        if policy == "always":
            return Decision(EmailWrite.RESUBSCRIBE, RESUBSCRIBED_ALWAYS)
        kept = _why_kept(yes, policy, opted_out_since=opted_out_since, now=now)
        return Decision(EmailWrite.NOTHING, kept) if kept else Decision(EmailWrite.RESUBSCRIBE, RESUBSCRIBED)
    return Decision(
        EmailWrite.NOTHING, f"keep their status, which forbids mail, although the source says yes: {status}"
    )


def _why_kept(yes: Yes, policy: Resubscribe, *, opted_out_since: bool, now: datetime) -> str:
    """Return why an opt-out stands against a yes; empty if the yes is newer."""
    if policy == "never":
        return KEPT_NEVER
    if yes.consented_at is None:
        return KEPT_UNTIMED
    if yes.consented_at > now + CLOCKS_MAY_DIFFER:
        return KEPT_FUTURE
    return KEPT_NEWER if opted_out_since else ""


def with_email_write(contact: dict[str, Any], write: EmailWrite) -> dict[str, Any]:
    """Return an import contact that says what was decided, and nothing else, about the e-mail channel's status.

    A challenge is never asked for on a contact that may be unsubscribed: it mails the person.
    """
    channels = dict(contact.get("channelProperties") or {})
    given = channels.pop("email", None) or {}
    email = {name: value for name, value in given.items() if name == "emailType"}
    if write is EmailWrite.UNSUBSCRIBE:
        email["status"] = UNSUBSCRIBED
    elif write is not EmailWrite.NOTHING:
        email["status"] = SUBSCRIBED
        email["optInType"] = given.get("optInType", "single")
        # False for a new contact: should it have been in the recycle bin as unsubscribed, the person is asked.
        email["resubscribeOptions"] = {"resubscribeWithNoChallenge": write is EmailWrite.RESUBSCRIBE}
    if email:
        channels["email"] = email
    written = {name: value for name, value in contact.items() if name != "channelProperties"}
    if channels:
        written["channelProperties"] = channels
    return written
