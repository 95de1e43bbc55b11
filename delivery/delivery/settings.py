"""The settings all loaders have, and how a wrong setting is explained."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config

from delivery.errors import SettingsError

if TYPE_CHECKING:
    from singer_sdk.exceptions import ConfigValidationError

SHARED_SETTINGS: tuple[th.Property[Any], ...] = (
    th.Property(
        "mapper",
        th.ObjectType(
            th.Property("name", th.StringType, required=True, description="Name of an installed mapper."),
            th.Property(
                "config",
                th.ObjectType(additional_properties=True),
                description="The mapper's own settings.",
            ),
            additional_properties=False,
        ),
        title="Mapper",
        description=(
            "Turns a source's records into this loader's vocabulary, for example "
            '{"name": "commercetools", "config": {…}}. Without it, records must already be in that vocabulary.'
        ),
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=th.AnyType()),
        title="Streams",
        description=(
            "Binds streams with other names to this loader's: a name or a pattern with * on the left, what it is "
            "bound to on the right."
        ),
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        default="rejects",
        title="Rejects path",
        description=(
            "Folder in which rejected records are kept, with their reasons, one file a run. They hold personal "
            "data: only the owner can read them."
        ),
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(minimum=0),
        default=0,
        title="Max rejects",
        description=(
            "How many records may be rejected before the run counts as failed. All other records are delivered "
            "and the bookmark moves in any case."
        ),
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description="Read, map and check everything, but send nothing and keep the bookmark where it is.",
    ),
    th.Property(
        "summary_path",
        th.StringType,
        title="Summary path",
        description="File to which a summary of the run is written as JSON.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType,
        default=False,
        title="Allow HTTP",
        description=(
            "Allow an api_url with http:// that leads to another machine: credentials and personal data then travel "
            "so that others on the way can read them. To this machine itself http:// is always allowed."
        ),
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1),
        title="Batch size rows",
        description="Most records in one request, where this is smaller than what the service is known to take.",
    ),
)


def settings_schema(*properties: th.Property[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a loader's settings: its own, then the shared ones; unknown ones are refused."""
    schema: dict[str, Any] = th.PropertiesList(*properties, *SHARED_SETTINGS).to_dict()
    schema["additionalProperties"] = False
    return schema


def drop_alternatives_that_are_none(schema: Any) -> None:  # noqa: ANN401 - any part of a JSON Schema
    """Take out of a schema's alternatives what is no schema.

    The SDK's own for `stream_maps.__else__` has the bare word `null` among them, at which a validator breaks off.
    """
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in parts:
        drop_alternatives_that_are_none(part)
    if isinstance(schema, dict) and isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [alternative for alternative in schema["anyOf"] if isinstance(alternative, dict)]


def explain(error: ConfigValidationError, loader: str) -> str:
    """Return one line that says what is wrong with the settings and where they can be set."""
    return (
        f"settings are wrong: {'; '.join(error.errors)}. Set them in meltano.yml, in the environment "
        f"({environment_variable(loader, '<SETTING>')}) or in the file given with --config"
    )


def environment_variable(loader: str, setting: str) -> str:
    """Return the name of the environment variable of a setting."""
    return f"{loader}_{setting}".upper().replace("-", "_")


def read_environment(schema: dict[str, Any], loader: str) -> dict[str, Any]:
    """Return what the environment says about the settings.

    Args:
        schema: The settings' JSON Schema.
        loader: The loader's name, which begins the variables' names.

    Raises:
        SettingsError: If a variable does not hold what its setting takes; names the variable, never what it holds.
    """
    prefix = environment_variable(loader, "")
    try:
        return parse_environment_config(schema, prefix)
    except ValueError:
        pass
    for setting, described in schema["properties"].items():
        try:
            parse_environment_config({"properties": {setting: described}}, prefix)
        except ValueError:  # noqa: PERF203 - a dozen settings, once
            variable = environment_variable(loader, setting)
            message = f"setting {setting}: the environment variable {variable} must hold {_wanted(described)}"
            raise SettingsError(message) from None
    message = f"settings in the environment ({prefix}…) cannot be read"
    raise SettingsError(message)


def _wanted(described: dict[str, Any]) -> str:
    kinds = described.get("type", [])
    named = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    return "what JSON calls " + (" or ".join(named) or "a value")


def check_url(setting: str, url: str, *, allow_http: bool) -> str:
    """Return a service's URL as it is, if credentials and personal data may be sent there.

    Args:
        setting: The setting that holds it, for error texts.
        url: The URL.
        allow_http: Whether http:// may lead to another machine.

    Raises:
        SettingsError: If it is no such URL, or holds credentials; the text shows nothing of it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        message = f"setting {setting} must be a URL such as https://api.example.com, without a query"
        raise SettingsError(message)
    if parts.username is not None or parts.password is not None:
        message = (
            f"setting {setting} must not hold credentials: they would be shown in logs; take the part before the @ "
            "out of it"
        )
        raise SettingsError(message)
    if parts.scheme == "http" and not allow_http and not _is_this_machine(host):
        message = (
            f"setting {setting} begins with http://, so others on the way could read credentials and personal data: "
            "use https://, or set allow_http if that is certain to be safe"
        )
        raise SettingsError(message)
    return url


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
