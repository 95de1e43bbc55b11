"""The tap's settings: what may be configured, and what the values come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_commercetools.addresses import check_url
from tap_commercetools.errors import SettingsError
from tap_commercetools.page_size import LARGEST_PAGE
from tap_commercetools.stream_definition import custom_object_stream
from tap_commercetools.timestamps import normalise_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

REGIONS = (
    "europe-west1.gcp",
    "eu-central-1.aws",
    "us-central1.gcp",
    "us-east-2.aws",
    "australia-southeast1.gcp",
)
LONGEST_SECONDS = 30 * 24 * 3600
MOST_PARALLEL_REQUESTS = 32
CONTAINER_PATTERN = "^[-_~.a-zA-Z0-9]{1,256}$"
"""What commercetools allows as the name of a container of custom objects."""

CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "project_key",
        th.StringType(pattern="^[A-Za-z0-9_-]+$"),
        required=True,
        title="Project key",
        description="Key of the commercetools project to read.",
    ),
    th.Property(
        "client_id",
        th.StringType,
        required=True,
        title="Client id",
        description="Id of an API client of the project.",
    ),
    th.Property(
        "client_secret",
        th.StringType,
        required=True,
        secret=True,
        title="Client secret",
        description="Secret of that API client.",
    ),
    th.Property(
        "region",
        th.StringType,
        allowed_values=list(REGIONS),
        title="Region",
        description=(
            f"Region of the project: one of {', '.join(REGIONS)}. Required unless both `api_url` and `auth_url` are "
            "set."
        ),
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Address of the HTTP API, instead of the region's; for private connectivity or an emulator.",
    ),
    th.Property(
        "auth_url",
        th.StringType,
        title="Auth URL",
        description="Address of the authentication service, instead of the region's; `/oauth/token` is added to it.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType,
        default=False,
        title="Allow http",
        description=(
            "Whether `api_url` and `auth_url` may begin with `http://` though they are not on this machine. "
            "Credentials and records then travel unencrypted."
        ),
    ),
    th.Property(
        "scopes",
        th.ArrayType(th.StringType),
        title="Scopes",
        description=(
            "Scopes to ask for, such as `view_orders`; the project key is added where it is missing. Leave out to use "
            "all scopes of the API client."
        ),
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Read rows changed at or after this instant only. Wins over an older bookmark.",
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Read rows changed at or before this instant only, for instance to load history in slices.",
    ),
    th.Property(
        "stores",
        th.ArrayType(th.StringType),
        title="Stores",
        description=(
            "Keys of stores. Customers, orders, carts and other streams that stores have of their own are read for "
            "these only; the others are read whole. Scopes limited to these stores are then enough. Leave out to read "
            "everything."
        ),
    ),
    th.Property(
        "staged_projections",
        th.BooleanType,
        default=False,
        title="Staged projections",
        description=(
            "Whether `product_projections` are the drafts of all products (true; needs `view_products`) or what "
            "shoppers see of the published ones."
        ),
    ),
    th.Property(
        "custom_object_containers",
        th.ArrayType(th.StringType(pattern=CONTAINER_PATTERN)),
        title="Custom object containers",
        description="Containers of custom objects to offer, each as a stream `custom_objects_<container>`.",
    ),
    th.Property(
        "payment_method_tokens",
        th.BooleanType,
        default=False,
        title="Payment method tokens",
        description=(
            "Whether records carry the tokens of payment methods, with which a payment service can be told to charge "
            "somebody. Without, they are left out of `payments`, `messages` and `order_edits`."
        ),
    ),
    th.Property(
        "max_left_out",
        th.IntegerType(minimum=0),
        default=0,
        title="Max left out",
        description=(
            "How many rows that cannot be read or shaped may be left out before the run counts as failed. All others "
            "are emitted and the bookmark moves in any case."
        ),
    ),
    th.Property(
        "deletions_enabled",
        th.BooleanType,
        default=False,
        title="Deletions",
        description=(
            "Whether a fresh catalog selects the stream `deletions`, which tells what is gone from the other selected "
            "streams: from the project's messages (`view_messages`, `view_project_settings`), and by comparing ids "
            "where there are none."
        ),
    ),
    th.Property(
        "max_parallel_requests",
        th.IntegerType(minimum=1, maximum=MOST_PARALLEL_REQUESTS),
        default=4,
        title="Parallel requests",
        description=(
            f"Requests under way at once, 1 to {MOST_PARALLEL_REQUESTS}. Halved by itself while the platform is "
            "overloaded, and grown back."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=LARGEST_PAGE),
        default=LARGEST_PAGE,
        title="Page size",
        description=(
            f"Rows per request, 1 to {LARGEST_PAGE}. Halved by itself while the platform finds pages too heavy, and "
            "grown back."
        ),
    ),
    th.Property(
        "settle_seconds",
        th.IntegerType(minimum=0, maximum=LONGEST_SECONDS),
        default=60,
        title="Settle time",
        description="How far behind the platform's present time a run stops reading, so that writes have settled.",
    ),
    th.Property(
        "overlap_seconds",
        th.IntegerType(minimum=0, maximum=LONGEST_SECONDS),
        default=300,
        title="Overlap",
        description=(
            "How far before the end of the last run the next one starts, so that rows the platform shows late are "
            "found; what was emitted before is dropped."
        ),
    ),
).to_dict()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as the tap uses them.

    Attributes:
        project_key: The project to read.
        client_id: Id of the API client.
        client_secret: Its secret.
        api_url: Address of the HTTP API, without a slash at the end.
        auth_url: Address of the authentication service, without a slash at the end.
        scopes: Scopes to ask for, each with its project; empty asks for none in particular.
        start: First instant to read, if limited.
        end: Last instant to read, if limited.
        stores: Keys of the stores to read; empty for everything.
        max_parallel_requests: Requests under way at once.
        page_size: Rows per request.
        settle: How far behind the present to stop.
        overlap: How far before the last run's end to start.
        max_left_out: How many rows may be left out by a run that counts as done.
    """

    project_key: str
    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    auth_url: str
    scopes: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    stores: tuple[str, ...]
    max_parallel_requests: int
    page_size: int
    settle: timedelta
    overlap: timedelta
    max_left_out: int

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Read a configuration that the JSON Schema has accepted and filled with defaults.

        Args:
            config: The configuration.

        Raises:
            SettingsError: If values do not go together, or are no date or no address that credentials may go to.
        """
        project_key = config["project_key"]
        start, end = _instant(config, "start_date"), _instant(config, "end_date")
        if start is not None and end is not None and start > end:
            message = "settings start_date and end_date: start_date is later than end_date, so nothing can be read"
            raise SettingsError(message)
        _check_containers(config.get("custom_object_containers") or ())
        return cls(
            project_key=project_key,
            client_id=config["client_id"],
            client_secret=config["client_secret"],
            api_url=_url(config, "api_url", "api"),
            auth_url=_url(config, "auth_url", "auth"),
            scopes=tuple(s if ":" in s else f"{s}:{project_key}" for s in config.get("scopes") or ()),
            start=start,
            end=end,
            stores=tuple(dict.fromkeys(config.get("stores") or ())),
            max_parallel_requests=config["max_parallel_requests"],
            page_size=config["page_size"],
            settle=timedelta(seconds=config["settle_seconds"]),
            overlap=timedelta(seconds=config["overlap_seconds"]),
            max_left_out=config["max_left_out"],
        )


def _check_containers(containers: Sequence[str]) -> None:
    names: set[str] = set()
    for container in dict.fromkeys(containers):
        name = custom_object_stream(container)
        if name in names:
            message = (
                f"setting custom_object_containers: two of them would both be the stream {name}; read them with two "
                "configurations"
            )
            raise SettingsError(message)
        names.add(name)


def _url(config: Mapping[str, Any], setting: str, host: str) -> str:
    region = config.get("region")
    url: str | None = config.get(setting)
    if url is None:
        if region is None:
            message = (
                f"setting region is missing: set it to one of {', '.join(REGIONS)}, or set both api_url and auth_url"
            )
            raise SettingsError(message)
        return f"https://{host}.{region}.commercetools.com"
    return check_url(setting, url, allow_http=bool(config.get("allow_http")))


def _instant(config: Mapping[str, Any], setting: str) -> datetime | None:
    text: str | None = config.get(setting)
    if text is None:
        return None
    try:
        return parse_timestamp(normalise_timestamp(text))  # to the millisecond, as queries are written
    except ValueError:
        message = f"setting {setting} must be a date or a timestamp such as 2026-01-31 or 2026-01-31T08:00:00Z"
        raise SettingsError(message) from None
