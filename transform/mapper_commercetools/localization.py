"""Choosing one text of a localized string."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class LocalizedText(NamedTuple):
    """A text and the locale under which the platform keeps it."""

    locale: str
    text: str


@lru_cache(maxsize=1024)
def locale_preference(record_locale: str | None, fallback: tuple[str, ...]) -> tuple[str, ...]:
    """Return the locales to try, in order: the record's own first, each followed by its bare language.

    `("de-AT", ("en-GB", "de"))` gives `de-AT, de, en-GB, en`.
    """
    wanted = (record_locale, *fallback) if record_locale else fallback
    order: dict[str, None] = {}
    for locale in wanted:
        order[locale] = None
        order[_language(locale)] = None
    return tuple(order)


def localized(value: object, preference: tuple[str, ...]) -> LocalizedText | None:
    """Choose a text: the first preferred locale that has one, then any region of a preferred language, then any.

    A text in another language is better than a product or a line without a name; the last resort is the first
    locale in alphabetical order, so that the choice does not change from run to run.
    """
    if not isinstance(value, dict):
        return None
    for locale in preference:
        candidate = value.get(locale)
        if isinstance(candidate, str) and candidate and not candidate.isspace():
            return LocalizedText(locale, candidate)
    texts = sorted(
        (locale, candidate)
        for locale, candidate in value.items()
        if isinstance(candidate, str) and candidate and not candidate.isspace()
    )
    for preferred in preference:
        for locale, candidate in texts:
            if _language(locale) == _language(preferred):
                return LocalizedText(locale, candidate)
    return LocalizedText(*texts[0]) if texts else None


def localized_text(value: object, preference: tuple[str, ...]) -> str | None:
    """Choose a text as `localized` does, without its locale."""
    chosen = localized(value, preference)
    return chosen.text if chosen else None


@lru_cache(maxsize=1024)
def closest_locale(locale: str | None, offered: tuple[str, ...]) -> str:
    """Choose the locale in which somebody is addressed: theirs, else one of their language, else the first offered.

    Of several of one language the bare language comes first: `de-CH` among `de-DE, de` is `de`.
    """
    if locale is None or locale in offered:
        return locale or offered[0]
    language = _language(locale)
    if language in offered:
        return language
    return next((other for other in offered if _language(other) == language), offered[0])


def _language(locale: str) -> str:
    return locale.partition("-")[0]
