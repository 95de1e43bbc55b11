"""The custom fields of a customer: consent to the newsletter with its evidence, loyalty and tastes."""

# ruff: noqa: RUF001 - letters of many alphabets are what these texts are for

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import Choices, Dice
from commerce_sandbox.shop.moments import written
from commerce_sandbox.shop.money import cent_money, converted
from commerce_sandbox.shop.type_definitions import COLOURS, LOYALTY_TIERS, PREFERENCES_TYPE

if TYPE_CHECKING:
    from commerce_sandbox.shop.markets import Market
    from commerce_sandbox.shop.model import Document

YES_WITH_EVIDENCE = "yes with evidence"
YES_WITH_TIME = "yes with the time only"
YES_BARE = "yes without evidence"
NO = "no"
UNKNOWN = "unknown"

CONSENTS = Choices.of({YES_WITH_EVIDENCE: 40, YES_WITH_TIME: 10, YES_BARE: 5, NO: 15, UNKNOWN: 30})
"""How often customers said what about the newsletter."""

CONSENT_FIELDS = (
    "NEWSLETTER_SUBSCRIBE",
    "newsletterConsentAt",
    "newsletterConsentUrl",
    "newsletterConsentIp",
    "newsletterConsentUserAgent",
    "newsletterConsentText",
)

_INTERESTS = ("trail", "climbing", "camping", "Skitouren", "vélo", "登山", "birds & bees")
_USER_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15",
)
_CONSENT_TEXTS = {
    "de": "Ja, ich möchte den Newsletter erhalten. Abmeldung jederzeit möglich.",
    "fr": "Oui, je souhaite recevoir la lettre d’information. Désinscription à tout moment.",
    "en": "Yes, send me the newsletter. I can unsubscribe at any time.",
    "ja": "はい、ニュースレターを受け取ります。",
}


def consent_fields(dice: Dice, consent: str, language: str, moment: int, *, timed: bool = False) -> Document:
    """Return the custom fields that say this consent, given or refused at the moment; none when unknown.

    Args:
        dice: Where chance comes from.
        consent: One of the constants of this module.
        language: Of the text that was agreed to.
        moment: When, in milliseconds since the epoch.
        timed: Whether a refusal must carry its time; otherwise every second one does.
    """
    if consent == UNKNOWN:
        return {}
    if consent == NO:
        fields: Document = {"NEWSLETTER_SUBSCRIBE": "NO"}
        return fields | ({"newsletterConsentAt": written(moment)} if timed or dice.chance(0.5) else {})
    fields = {"NEWSLETTER_SUBSCRIBE": "YES"}
    if consent in (YES_WITH_EVIDENCE, YES_WITH_TIME):
        fields["newsletterConsentAt"] = written(moment)
    if consent == YES_WITH_EVIDENCE:
        fields |= {
            "newsletterConsentUrl": f"https://www.shop.example/{language}/newsletter?src=footer&v=2",
            "newsletterConsentIp": _address_on_the_net(dice),
            "newsletterConsentUserAgent": dice.pick(_USER_AGENTS),
            "newsletterConsentText": _CONSENT_TEXTS[language],
        }
    return fields


def _address_on_the_net(dice: Dice) -> str:
    if dice.chance(0.2):
        return f"2001:db8::{dice.between(1, 0xFFFF):x}"
    return f"{dice.pick(('192.0.2', '198.51.100', '203.0.113'))}.{dice.between(1, 254)}"


def taste_fields(dice: Dice, market: Market) -> Document:
    """Return custom fields about loyalty and tastes; any of them may be missing."""
    fields: Document = {}
    if dice.chance(0.6):
        fields["loyaltyTier"] = dice.pick(tuple(LOYALTY_TIERS))
        fields["loyaltyPoints"] = dice.between(0, 12_000)
    if dice.chance(0.4):
        fields["interests"] = dice.sample(_INTERESTS, dice.between(0, 3))
    if dice.chance(0.2):
        fields["preferredContactTime"] = f"{dice.between(8, 19):02d}:{dice.pick(('00', '30'))}:00.000"
    if dice.chance(0.3):
        fields["favouriteColour"] = dice.pick(tuple(COLOURS))
    if dice.chance(0.15):
        fields["birthdayVoucher"] = cent_money(market.currency, converted(1000, market.currency))
    return fields


def preferences(fields: Document) -> Document:
    """Return the ``custom`` member that holds these fields."""
    return {"type": PREFERENCES_TYPE, "fields": fields}
