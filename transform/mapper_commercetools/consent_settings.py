"""The section `consent` of the settings: any number of consents by name, and what each of them drives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_commercetools.consent import ConsentRule, DotdigitalTargets, IterableTargets, NameOrId
from mapper_commercetools.dotdigital import field_names as dotdigital_names
from mapper_commercetools.field_paths import LISTED_VALUES, PATH_PATTERN, Path, is_listed, parse_path
from mapper_commercetools.iterable import field_names as iterable_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EMAIL = "email"
NEWSLETTER_FIELD = "newsletterOptIn"
NEWSLETTER_TIME_FIELD = "newsletterConsentAt"
_EVIDENCE = ("time", "url", "ip", "user_agent", "text")
# Dotdigital: most consent records of a contact in an import.
_MOST_CONSENT_RECORDS = 5
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}", re.ASCII)

EMAIL_DEFAULTS: dict[str, Any] = {
    "field": "custom.fields.NEWSLETTER_SUBSCRIBE",
    "yes_values": ["YES", True],
    "no_values": ["NO", False],
    "time": "custom.fields.newsletterConsentAt",
    "url": "custom.fields.newsletterConsentUrl",
    "ip": "custom.fields.newsletterConsentIp",
    "user_agent": "custom.fields.newsletterConsentUserAgent",
    "text": "custom.fields.newsletterConsentText",
    "dotdigital": {"channel": "email"},
    "iterable": {"field": NEWSLETTER_FIELD},
}

NAME_OR_ID: dict[str, Any] = {"type": ["string", "integer"], "pattern": r"\S", "minimum": 1}
_IDS: dict[str, Any] = {"type": "array", "items": NAME_OR_ID, "minItems": 1, "uniqueItems": True}


def _path(description: str, default: str | None) -> dict[str, Any]:
    schema = {"type": "string", "pattern": PATH_PATTERN, "description": description}
    return schema if default is None else {**schema, "default": default}


def _values(description: str, default: list[Any] | None) -> dict[str, Any]:
    schema = {**LISTED_VALUES, "description": description}
    return schema if default is None else {**schema, "default": default}


def _consent(description: str, defaults: Mapping[str, Any], *, needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "description": description,
        "required": list(needs),
        "additionalProperties": False,
        "properties": {
            "field": _path("The consent itself", defaults.get("field")),
            "kind": {
                "enum": ["value", "set"],
                "default": "value",
                "description": "What is there: a single `value`, or a `set` whose members are compared, such as the "
                "newsletters that somebody takes",
            },
            "yes_values": _values("Values that mean yes, spelt exactly", defaults.get("yes_values")),
            "no_values": _values("Values that mean no, spelt exactly", defaults.get("no_values")),
            "absent": {
                # YAML reads an unquoted `no` as false.
                "enum": ["unknown", "no", False],
                "default": "unknown",
                "description": "What it means that a set is there and holds none of these values: `unknown`, or `no`. "
                "If there is no set at all it is unknown in any case",
            },
            "time": _path("When it was given or withdrawn", defaults.get("time")),
            "url": _path("Evidence: the page", defaults.get("url")),
            "ip": _path("Evidence: the IP address", defaults.get("ip")),
            "user_agent": _path("Evidence: the browser", defaults.get("user_agent")),
            "text": _path("Evidence: the words agreed to", defaults.get("text")),
            "mobile": _path(
                "The number that text messages go to, for `dotdigital.channel: sms`. Only one that begins with `+` and "
                "the country's code is taken",
                None,
            ),
            "resubscribe": {
                "enum": ["never", "newer", "always"],
                "default": "newer",
                "description": "When a yes may undo an opt-out at the destination: `never`, if it is `newer`, or "
                "`always`. Where the destination does not tell when somebody opted out, `newer` is as `never`; "
                "Dotdigital's channels take `always` as `newer`",
            },
            "dotdigital": {
                "type": ["object", "null"],
                "description": "What it drives in Dotdigital",
                "additionalProperties": False,
                "properties": {
                    "channel": {
                        "enum": ["email", "sms", "none"],
                        "default": defaults.get("dotdigital", {}).get("channel", "none"),
                        "description": "The channel whose status it is",
                    },
                    "preferences": {
                        **_IDS,
                        "description": "Names or ids of marketing preferences; `Category>Name` tells two of one name "
                        "apart. Needs `resubscribe: always`, since the loader does not compare them with what people "
                        "chose in Dotdigital",
                    },
                    "lists": {
                        **_IDS,
                        "description": "Names or ids of lists that a yes joins. A no stays on them: an import can only "
                        "add",
                    },
                    "data_field": {
                        "type": ["string", "null"],
                        "description": "Data field that says true or false, instead of the custom field itself",
                    },
                },
            },
            "iterable": {
                "type": ["object", "null"],
                "description": "What it drives in Iterable",
                "additionalProperties": False,
                "properties": {
                    "channels": {**_IDS, "description": "Names or ids of message channels"},
                    "message_types": {**_IDS, "description": "Names or ids of message types"},
                    "lists": {**_IDS, "description": "Names or ids of lists that a yes joins and a no leaves"},
                    "field": _field(defaults.get("iterable", {}).get("field")),
                },
            },
        },
    }


def _field(default: str | None) -> dict[str, Any]:
    schema = {
        "type": ["string", "null"],
        "description": "Profile field that says true or false, instead of the custom field itself; null writes none",
    }
    return schema if default is None else {**schema, "default": default}


_OF_ANY_NAME = {**_consent("A consent", {}, needs=("field",)), "type": "object"}
CONSENT_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "Where consents are kept and what each drives, see [Consents](#consents): any number of them by "
    "names of your own, such as `sms`, each with the settings of `email`. Only `email` has defaults. What is neither a "
    "yes nor a no is unknown, and unknown never subscribes anybody",
    "properties": {EMAIL: _consent("Consent to e-mail: paths within a customer", EMAIL_DEFAULTS)},
    "additionalProperties": _OF_ANY_NAME,
}
"""JSON Schema of the setting `consent`."""


def compile_consents(
    section: Mapping[str, Any] | None, path: str, taken_data_fields: frozenset[str]
) -> tuple[ConsentRule, ...]:
    """Compile the setting `consent`, which fits its schema.

    Args:
        section: The setting; nothing gives the defaults.
        path: The section's path, for example `mapper.config.consent`.
        taken_data_fields: Names of Dotdigital's data fields that are taken, in capitals.

    Raises:
        ValueError: If a setting is wrong; the text names its path.
    """
    section = section or {}
    rules = []
    for name in (EMAIL, *(other for other in section if other != EMAIL)):
        if not _NAME.fullmatch(name):
            message = f"{path}: '{name}' cannot be the name of a consent; give it up to 50 letters, digits, '_' and '-'"
            raise ValueError(message)
        rules.append(_compile(name, section.get(name) or {}, f"{path}.{name}", taken_data_fields))
    _check_driven_once(rules, path)
    with_evidence = [rule for rule in rules if stores_evidence(rule)]
    if len(with_evidence) > _MOST_CONSENT_RECORDS:
        message = (
            f"{path}.{with_evidence[-1].name}: Dotdigital takes {_MOST_CONSENT_RECORDS} consent records of a contact; "
            "name all five parts of the evidence for no more consents than that"
        )
        raise ValueError(message)
    return tuple(rules)


def stores_evidence(rule: ConsentRule) -> bool:
    """Tell whether a yes is stored with its evidence in Dotdigital, if all of that is there."""
    targets = rule.dotdigital
    drives = targets.channel is not None or targets.preferences or targets.lists
    return bool(drives) and len(rule.evidence_paths()) == len(_EVIDENCE)


def check_dotdigital_rules(rules: Sequence[ConsentRule], path: str) -> None:
    """Check that the loader can keep what the rules promise.

    target-dotdigital writes preferences as they come: it does not know who opted out of one in Dotdigital, or when.

    Args:
        rules: The consents.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If it cannot; the text names the setting's path.
    """
    for rule in rules:
        if rule.dotdigital.preferences and rule.resubscribe != "always":
            message = (
                f"{path}consent.{rule.name}.resubscribe: '{rule.resubscribe}' cannot be kept for Dotdigital's "
                "preferences, since a yes opts in whoever opted out there; set it to always if the shop is the place "
                "where people choose them, in a consent of its own that drives nothing else, or drive no preferences"
            )
            raise ValueError(message)


def check_iterable_fields(rules: Sequence[ConsentRule], taken: frozenset[str], path: str) -> None:
    """Check the names of the profile fields that consents fill.

    Args:
        rules: The consents.
        taken: Names of the other standard fields.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If Iterable refuses a name, or another field has it; the text names the setting's path.
    """
    for rule in rules:
        name = rule.iterable.field
        if name is not None and (fault := iterable_names.fault_of_name(name, taken)):
            message = f"{path}consent.{rule.name}.iterable.field: {fault}; choose another name"
            raise ValueError(message)


def _compile(name: str, section: Mapping[str, Any], path: str, taken_data_fields: frozenset[str]) -> ConsentRule:
    defaults = EMAIL_DEFAULTS if name == EMAIL else {}
    merged = {**defaults, **section}
    dotdigital = {**defaults.get("dotdigital", {}), **(section.get("dotdigital") or {})}
    iterable = {**defaults.get("iterable", {}), **(section.get("iterable") or {})}
    paths = {part: _parsed(merged.get(part)) for part in (*_EVIDENCE, "mobile")}
    rule = ConsentRule(
        name=name,
        field=parse_path(merged["field"]),
        is_set=merged.get("kind") == "set",
        yes_values=tuple(merged.get("yes_values") or ()),
        no_values=tuple(merged.get("no_values") or ()),
        absent_is_no=merged.get("absent") in {"no", False},
        resubscribe=merged.get("resubscribe", "newer"),
        dotdigital=DotdigitalTargets(
            channel=None if dotdigital.get("channel", "none") == "none" else dotdigital["channel"],
            preferences=tuple(dotdigital.get("preferences") or ()),
            lists=tuple(dotdigital.get("lists") or ()),
            data_field=dotdigital.get("data_field"),
        ),
        iterable=IterableTargets(
            channels=tuple(iterable.get("channels") or ()),
            message_types=tuple(iterable.get("message_types") or ()),
            lists=tuple(iterable.get("lists") or ()),
            field=iterable.get("field"),
        ),
        **paths,
    )
    _check_values(rule, path)
    _check_targets(rule, path, taken_data_fields)
    return rule


def _parsed(path: str | None) -> Path | None:
    return None if path is None else parse_path(path)


def _check_values(rule: ConsentRule, path: str) -> None:
    for number, value in enumerate(rule.yes_values):
        if is_listed(value, rule.no_values):
            message = f"{path}.yes_values.{number}: is in no_values too; keep it in one of them"
            raise ValueError(message)
    if not (rule.yes_values or rule.no_values):
        message = f"{path}: neither yes_values nor no_values; list what means yes and what means no"
        raise ValueError(message)
    if rule.absent_is_no and not rule.is_set:
        message = f"{path}.absent: only a set can be there without a value; set kind to set, or leave this out"
        raise ValueError(message)


def _check_targets(rule: ConsentRule, path: str, taken_data_fields: frozenset[str]) -> None:
    if rule.name != EMAIL and not any(True for _ in _driven(rule)):
        message = f"{path}: drives nothing; say what under dotdigital or iterable"
        raise ValueError(message)
    if rule.dotdigital.channel == "sms" and rule.mobile is None:
        message = f"{path}.mobile: missing; say where the number is that text messages go to"
        raise ValueError(message)
    if rule.dotdigital.channel != "sms" and rule.mobile is not None:
        message = f"{path}.mobile: used only with dotdigital.channel: sms; set that, or leave this out"
        raise ValueError(message)
    name = rule.dotdigital.data_field
    if name is not None and (fault := dotdigital_names.fault_of_name(name, taken_data_fields)):
        message = f"{path}.dotdigital.data_field: {fault}; choose another name"
        raise ValueError(message)


def _driven(rule: ConsentRule) -> Iterator[tuple[str, str, NameOrId]]:
    """Yield the setting, the place of the value in it and the value of each thing that a consent drives."""
    dotdigital, iterable = rule.dotdigital, rule.iterable
    alone = (
        ("dotdigital.channel", dotdigital.channel),
        ("dotdigital.data_field", dotdigital.data_field),
        ("iterable.field", iterable.field),
    )
    yield from ((setting, "", value) for setting, value in alone if value is not None)
    several: tuple[tuple[str, tuple[NameOrId, ...]], ...] = (
        ("dotdigital.preferences", dotdigital.preferences),
        ("dotdigital.lists", dotdigital.lists),
        ("iterable.channels", iterable.channels),
        ("iterable.message_types", iterable.message_types),
        ("iterable.lists", iterable.lists),
    )
    for setting, values in several:
        yield from ((setting, f".{number}", value) for number, value in enumerate(values))


def _check_driven_once(rules: Sequence[ConsentRule], path: str) -> None:
    owner: dict[tuple[str, NameOrId], str] = {}
    for rule in rules:
        for setting, place, value in _driven(rule):
            # Both services find their names without regard to case, but for Iterable's fields.
            key = (setting, value if setting == "iterable.field" else comparable(value))
            if key in owner:
                message = (
                    f"{path}.{rule.name}.{setting}{place}: consent.{owner[key]} drives the same already; one consent "
                    "must decide it"
                )
                raise ValueError(message)
            owner[key] = rule.name


def comparable(name: NameOrId) -> NameOrId:
    """Return a name as the services compare it; an id as it is."""
    return name.strip().casefold() if isinstance(name, str) else name
