"""Reading ``channelProperties``, which decide whether and how a person may be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_sandbox.dotdigital.email_status import WRITABLE, ChannelWrite
from commerce_sandbox.dotdigital.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Collection

OPT_IN_TYPES = {"unknown": "Unknown", "single": "Single", "double": "Double", "verifiedDouble": "VerifiedDouble"}
EMAIL_TYPES = {"html": "Html", "plainText": "PlainText"}
MOBILE_STATUSES = frozenset({"noSubscription", "subscribed", "unsubscribed", "suppressed"})

_CHANNELS = frozenset({"email", "sms", "whatsApp"})
_EMAIL_MEMBERS = frozenset({"status", "optInType", "emailType"})
_LOCALES = frozenset(
    {
        "cs-CS",
        "da-DA",
        "de-DE",
        "el-EL",
        "en-EN",
        "es-ES",
        "es",
        "fi-FI",
        "fr-FR",
        "hu-HU",
        "it-IT",
        "nl-NL",
        "nb-NO",
        "pl-PL",
        "pt-PT",
        "ru-RU",
        "se-SE",
        "sk-SK",
        "tr-TR",
        "zh-CN",
    }
)


@dataclass(frozen=True, slots=True)
class ChannelRequest:
    """What a request says about the channels; a None status means that it says nothing."""

    email: ChannelWrite
    sms_status: str | None = None
    whatsapp_status: str | None = None


def read_channels(sent: object, *, resubscribe_options: bool, failures: list[Failure]) -> ChannelRequest:
    """Read ``channelProperties``.

    Args:
        sent: The JSON value.
        resubscribe_options: Whether ``email.resubscribeOptions`` may be sent.
        failures: What is wrong is appended here.
    """
    channels = _object(sent, "channelProperties", _CHANNELS, failures)
    email = channels.get("email", {})
    allowed = _EMAIL_MEMBERS | {"resubscribeOptions"} if resubscribe_options else _EMAIL_MEMBERS
    return ChannelRequest(
        email=_read_email(_object(email, "channelProperties.email", allowed, failures), failures),
        sms_status=_read_mobile(channels, "sms", failures),
        whatsapp_status=_read_mobile(channels, "whatsApp", failures),
    )


def _read_email(email: dict[str, Any], failures: list[Failure]) -> ChannelWrite:
    return ChannelWrite(
        status=_read_status(email, "channelProperties.email", WRITABLE, failures),
        opt_in_type=_read_word(email, "optInType", OPT_IN_TYPES, failures),
        email_type=_read_word(email, "emailType", EMAIL_TYPES, failures),
        no_challenge=_read_no_challenge(email.get("resubscribeOptions", {}), failures),
    )


def _read_no_challenge(sent: object, failures: list[Failure]) -> bool:
    path = "channelProperties.email.resubscribeOptions"
    options = _object(sent, path, None, failures)
    no_challenge = options.get("resubscribeWithNoChallenge", True)
    if not isinstance(no_challenge, bool):
        failures.append(Failure("apiSchemaViolation", f"{path}.resubscribeWithNoChallenge", "true or false is wanted"))
        return True
    locale = options.get("preferredLocale")
    if locale is not None and (not isinstance(locale, str) or locale not in _LOCALES):
        failures.append(Failure("apiSchemaViolation", f"{path}.preferredLocale", "the locale is not one of the list"))
    if not isinstance(options.get("redirectUrlAfterChallenge", ""), str):
        failures.append(Failure("apiSchemaViolation", f"{path}.redirectUrlAfterChallenge", "a URL is wanted"))
    return no_challenge


def _read_mobile(channels: dict[str, Any], name: str, failures: list[Failure]) -> str | None:
    path = f"channelProperties.{name}"
    channel = _object(channels.get(name, {}), path, {"status"}, failures)
    return _read_status(channel, path, MOBILE_STATUSES, failures)


def _read_status(channel: dict[str, Any], path: str, allowed: Collection[str], failures: list[Failure]) -> str | None:
    if "status" not in channel:
        return None
    status = channel["status"]
    if not isinstance(status, str) or status not in allowed:
        text = f"one of {', '.join(sorted(allowed))} is wanted"
        failures.append(Failure("invalidContactStatus", f"{path}.status", text))
        return None
    return status


def _read_word(email: dict[str, Any], name: str, words: dict[str, str], failures: list[Failure]) -> str | None:
    """Return a word as it is read back; written words begin with a small letter, read ones with a capital."""
    if name not in email:
        return None
    word = email[name]
    if not isinstance(word, str) or word not in words:
        text = f"one of {', '.join(words)} is wanted"
        failures.append(Failure("apiSchemaViolation", f"channelProperties.email.{name}", text))
        return None
    return words[word]


def _object(sent: object, path: str, allowed: Collection[str] | None, failures: list[Failure]) -> dict[str, Any]:
    """Return a JSON object; anything else, or a member that is not allowed, is a failure."""
    if not isinstance(sent, dict):
        failures.append(Failure("apiSchemaViolation", path, "an object is wanted"))
        return {}
    unknown = sorted(sent.keys() - set(allowed)) if allowed is not None else []
    if unknown:
        failures.append(Failure("apiSchemaViolation", path, f"{', '.join(unknown)} is not allowed here"))
    return sent
