"""The settings all loaders have, and how a wrong setting is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def explain(error: ConfigValidationError, loader: str) -> str:
    """Return one line that says what is wrong with the settings and where they can be set."""
    prefix = loader.upper().replace("-", "_")
    return (
        f"settings are wrong: {'; '.join(_plain(error.errors))}. Set them in meltano.yml, in the environment "
        f"({prefix}_<SETTING>) or in the file given with --config"
    )


def _plain(errors: Sequence[str]) -> list[str]:
    # JSON Schema says "'api_key' is a required property": right, but not how one speaks of a setting.
    return [
        text.replace(" is a required property", " is required").replace(
            "Additional properties are not allowed", "unknown settings are not allowed"
        )
        for text in errors
    ]
