"""Wrong configuration of consents is refused at the start, by the setting's path."""

from __future__ import annotations

from typing import Any

import pytest
from mapper_commercetools.engine import create_record_mapper
from mapper_commercetools.settings import compile_settings

CLUB: dict[str, Any] = {"field": "custom.fields.club", "yes_values": [True]}
EVIDENCE = {part: f"custom.fields.{part}" for part in ("time", "url", "ip", "user_agent", "text")}


def club(**members: Any) -> dict[str, Any]:
    return {**CLUB, **members}


@pytest.mark.parametrize(
    ("consent", "text"),
    [
        ({"sms": {**CLUB, "phone": "x"}}, r"consent\.sms\.phone: unknown setting; known here are field, kind"),
        ({"email": {"dotdigital": {"chanel": "sms"}}}, r"consent\.email\.dotdigital\.chanel: unknown setting"),
        ({"sms": {"yes_values": [True]}}, r"consent\.sms\.field: missing"),
        ({"sms": None}, r"consent\.sms: must be of type object"),
        ({"ana@shop.example": club()}, r"consent: 'ana@shop\.example' cannot be the name of a consent"),
        ({"a" * 51: club()}, r"cannot be the name of a consent"),
        ({"club": club()}, r"consent\.club: drives nothing; say what under dotdigital or iterable"),
        ({"club": club(dotdigital={"channel": "none"})}, r"consent\.club: drives nothing"),
        (
            {"club": {"field": "custom.fields.club", "iterable": {"lists": [1]}}},
            r"consent\.club: neither yes_values nor no_values",
        ),
        (
            {"club": club(no_values=[False, True], iterable={"lists": [1]})},
            r"consent\.club\.yes_values\.0: is in no_values too",
        ),
        (
            {"club": club(dotdigital={"channel": "email"})},
            r"consent\.club\.dotdigital\.channel: consent\.email drives the same already",
        ),
        (
            {"a": club(iterable={"lists": ["News"]}), "b": club(iterable={"lists": [" news "]})},
            r"consent\.b\.iterable\.lists\.\d: consent\.a drives the same already",
        ),
        (
            {"a": club(iterable={"field": "club"}), "b": club(iterable={"field": "club"})},
            r"consent\.b\.iterable\.field: consent\.a drives the same already",
        ),
        (
            {"a": club(dotdigital={"data_field": "CLUB"}), "b": club(dotdigital={"data_field": "club"})},
            r"consent\.b\.dotdigital\.data_field: consent\.a drives the same already",
        ),
        (
            {"club": club(iterable={"message_types": [0]})},
            r"consent\.club\.iterable\.message_types\.0: must be at least 1",
        ),
        ({"club": club(iterable={"channels": []})}, r"consent\.club\.iterable\.channels: must have at least 1 members"),
        ({"club": club(dotdigital={"lists": [1, " "]})}, r"consent\.club\.dotdigital\.lists\.1: must have the form"),
        ({"sms": club(dotdigital={"channel": "sms"})}, r"consent\.sms\.mobile: missing; say where the number is"),
        (
            {"sms": club(mobile="custom.fields.mobile", iterable={"lists": [1]})},
            r"consent\.sms\.mobile: used only with dotdigital\.channel: sms",
        ),
        ({"club": club(absent="no", iterable={"lists": [1]})}, r"consent\.club\.absent: only a set can be there"),
        (
            {"club": club(absent="yes", iterable={"lists": [1]})},
            r"consent\.club\.absent: must be one of unknown, no, false",
        ),
        (
            {"club": club(resubscribe="if_newer", iterable={"lists": [1]})},
            r"consent\.club\.resubscribe: must be one of never, newer, always",
        ),
        (
            {"club": club(dotdigital={"data_field": "FirstName"})},
            r"consent\.club\.dotdigital\.data_field: .* taken by a standard field",
        ),
        (
            {"club": club(dotdigital={"data_field": "A_NAME_THAT_IS_TOO_LONG"})},
            r"consent\.club\.dotdigital\.data_field: .*1 to 20 letters",
        ),
        (
            {
                "email": {},
                **{f"topic{number}": club(dotdigital={"lists": [number]}, **EVIDENCE) for number in range(1, 6)},
            },
            r"consent\.topic5: Dotdigital takes 5 consent records of a contact",
        ),
    ],
)
def test_a_wrong_consent_is_refused_at_both_destinations(consent: dict[str, Any], text: str) -> None:
    for destination in ("iterable", "dotdigital"):
        with pytest.raises(ValueError, match=rf"^mapper\.config\..*{text}"):
            create_record_mapper({"consent": consent}, destination)


@pytest.mark.parametrize("rule", ["never", "newer"])
def test_preferences_of_dotdigital_need_a_shop_that_always_decides(rule: str) -> None:
    consent = {"topics": club(dotdigital={"preferences": [11]}, resubscribe=rule)}
    with pytest.raises(ValueError, match=rf"^mapper\.config\.consent\.topics\.resubscribe: '{rule}' cannot be kept"):
        create_record_mapper({"consent": consent}, "dotdigital")
    create_record_mapper({"consent": consent}, "iterable")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unsubscribedChannelIds", "Iterable reserves this field name"),
        ("email", "identifies or reaches a person"),
        ("locale", "taken by a standard field"),
        ("lifetimeValue", "taken by a standard field"),
        ("a.b", "no periods"),
    ],
)
def test_a_profile_field_that_iterable_refuses_or_that_is_taken_is_refused(name: str, text: str) -> None:
    config = {"consent": {"club": club(iterable={"field": name})}, "order_summaries": {}}
    with pytest.raises(ValueError, match=rf"^mapper\.config\.consent\.club\.iterable\.field: .*{text}"):
        create_record_mapper(config, "iterable")


def test_no_other_field_can_have_the_name_of_a_consents_field() -> None:
    consent = {"club": club(iterable={"field": "clubOptIn"}, dotdigital={"data_field": "CLUB"})}
    for destination, name in (("iterable", "clubOptIn"), ("dotdigital", "club")):
        fields = {"customers": {"fields": {"tier": {"name": name}}}}
        with pytest.raises(ValueError, match=r"custom_fields\.customers\.fields\.tier\.name: .* taken by a standard"):
            create_record_mapper({"consent": consent, "custom_fields": fields}, destination)
    summaries = {"dotdigital_fields": {"order_count": "CLUB"}}
    with pytest.raises(ValueError, match=r"^order_summaries\.dotdigital_fields\.order_count"):
        compile_settings({"consent": consent, "order_summaries": summaries})


@pytest.mark.parametrize("section", [None, {}, {"email": None}, {"email": {}}, {"email": {"iterable": {}}}])
def test_without_settings_of_its_own_email_drives_what_it_always_has(section: dict[str, Any] | None) -> None:
    (rule,) = compile_settings({"consent": section}).consent
    assert (rule.name, rule.field[-1], rule.resubscribe) == ("email", "NEWSLETTER_SUBSCRIBE", "newer")
    assert (rule.dotdigital.channel, rule.iterable.field) == ("email", "newsletterOptIn")


def test_settings_of_what_email_drives_add_to_what_it_always_has() -> None:
    (rule,) = compile_settings(
        {"consent": {"email": {"dotdigital": {"lists": [5]}, "iterable": {"channels": [101]}}}}
    ).consent
    assert (rule.dotdigital.channel, rule.dotdigital.lists) == ("email", (5,))
    assert (rule.iterable.field, rule.iterable.channels) == ("newsletterOptIn", (101,))
