from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_commercetools.localization import locale_preference, localized, localized_text

LOCALES = st.sampled_from(["de", "de-DE", "de-AT", "en", "en-GB", "fr", "ja", "zh-Hans-CN"])


@pytest.mark.parametrize(
    ("texts", "record_locale", "chosen"),
    [
        ({"de": "Hut", "en": "hat"}, "de-DE", "Hut"),
        ({"de-DE": "Hut", "de": "Hütchen", "en": "hat"}, "de-DE", "Hut"),
        ({"de-AT": "Huterl", "en": "hat"}, "fr", "hat"),
        ({"de-AT": "Huterl", "fr": "chapeau"}, "de", "Huterl"),
        ({"fr": "chapeau", "de": "Hut"}, "ja", "Hut"),
        ({"en": " ", "fr": "chapeau"}, None, "chapeau"),
        ({"en": None}, None, None),
        ({}, "en", None),
        ("hat", "en", None),
        (None, "en", None),
    ],
)
def test_the_records_locale_comes_first_then_the_fallback_then_any(
    texts: object, record_locale: str | None, chosen: str | None
) -> None:
    assert localized_text(texts, locale_preference(record_locale, ("en",))) == chosen


def test_a_preference_lists_each_locale_before_its_language() -> None:
    assert locale_preference("de-AT", ("en-GB", "de")) == ("de-AT", "de", "en-GB", "en")


@given(st.dictionaries(LOCALES, st.sampled_from(["", " ", "a", "b"])), st.none() | LOCALES, st.lists(LOCALES))
def test_a_text_is_found_whenever_there_is_one(
    texts: dict[str, str], record_locale: str | None, fallback: list[str]
) -> None:
    preference = locale_preference(record_locale, tuple(fallback))
    chosen = localized(texts, preference)
    known = {locale: text for locale, text in texts.items() if text.strip()}
    assert (chosen is None) == (not known)
    if chosen is not None:
        assert known[chosen.locale] == chosen.text
        best = next((locale for locale in preference if locale in known), None)
        assert best is None or chosen.locale == best
