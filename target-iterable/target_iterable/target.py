"""The target: its settings, and which stream goes to which sink."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, SettingsError
from delivery.settings import settings_schema
from delivery.target import DeliveryTarget
from singer_sdk import typing as th
from typing_extensions import override

from target_iterable.catalog_items import BoundCatalogItemSink, CatalogItemSink
from target_iterable.catalogs import Catalogs
from target_iterable.client import HOSTS, Budgets, IterableClient
from target_iterable.purchases import PurchaseSink
from target_iterable.schemas import CATALOG_NAME
from target_iterable.users import UserSink

if TYPE_CHECKING:
    from delivery.sink import Sink

STREAMS = ("users", "purchases", "catalog_items")


class TargetIterable(DeliveryTarget):
    """Singer target for Iterable."""

    name = "target-iterable"
    destination = "iterable"
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(
        th.Property(
            "api_key",
            th.StringType(min_length=1),
            required=True,
            secret=True,
            title="API key",
            description="Server-side API key of the Iterable project.",
        ),
        th.Property(
            "data_center",
            th.StringType,
            default="us",
            allowed_values=["us", "eu"],
            title="Data center",
            description="Data centre of the project.",
        ),
        th.Property(
            "api_url",
            th.StringType,
            title="API URL",
            description="Base URL that replaces the data centre's, for a sandbox or a proxy.",
        ),
        th.Property(
            "project_type",
            th.StringType,
            default="hybrid",
            allowed_values=["hybrid", "userid", "email"],
            title="Project type",
            description="What the project identifies people by; chosen when the project was made, told by no API.",
        ),
        th.Property(
            "commerce_requests_per_second",
            th.IntegerType(minimum=1),
            default=50,
            title="Commerce requests per second",
            description=(
                "Limit to assume for purchases, because Iterable documents none; four fifths of it are used, and less "
                "after a refusal."
            ),
        ),
    )

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._client = IterableClient(
            api_key=self.config["api_key"],
            base_url=self.config.get("api_url") or HOSTS[self.config["data_center"]],
            version=self.plugin_version,
            budgets=Budgets.documented(self.shutdown, self.config["commerce_requests_per_second"]),
            shutdown=self.shutdown,
        )
        self._catalogs = Catalogs(self._client)

    @override
    def connect(self) -> None:
        answer = self._client.ask("GET", "/api/channels", stream="(all)", budget=self._client.budgets.reads)
        if not answer.succeeded:
            message = (
                f"Iterable at {self._client.base_url} answers {answer.word} to a simple question: check the settings "
                "data_center and api_url"
            )
            raise AccessRefused(message)

    @override
    def make_sink(self, stream: str) -> Sink:
        binding = self._binding(stream)
        if isinstance(binding, dict):
            return self._bound_to_catalog(stream, binding)
        if binding == "users":
            return UserSink(stream, self._client, self.config["project_type"], self.logger)
        if binding == "purchases":
            return PurchaseSink(stream, self._client, self.config["project_type"])
        if binding == "catalog_items":
            return CatalogItemSink(stream, self._client, self._catalogs)
        message = (
            f"setting streams: the stream '{stream}' is bound to '{binding}', which is none of this loader's: "
            f"{', '.join(STREAMS)}"
        )
        raise SettingsError(message)

    def _binding(self, stream: str) -> Any:  # noqa: ANN401 - a setting
        if stream in STREAMS:
            return stream
        for pattern, binding in (self.config.get("streams") or {}).items():
            if fnmatchcase(stream, pattern):
                return binding
        message = (
            f"the stream '{stream}' is none of this loader's ({', '.join(STREAMS)}): bind it with the setting streams, "
            "deselect it in the tap, or set mapper if it comes from a source that needs one"
        )
        raise SettingsError(message)

    def _bound_to_catalog(self, stream: str, binding: dict[str, Any]) -> Sink:
        if binding.get("to") != "catalog_items" or not binding.keys() <= {"to", "catalog"}:
            message = f'setting streams.{stream}: an object must read {{"to": "catalog_items", "catalog": "<name>"}}'
            raise SettingsError(message)
        catalog = binding.get("catalog") or re.sub(r"[^A-Za-z0-9-]+", "-", stream)
        if not re.fullmatch(CATALOG_NAME, catalog):
            message = f"setting streams.{stream}.catalog: a catalog's name is letters, digits and dashes, at most 255"
            raise SettingsError(message)
        return BoundCatalogItemSink(stream, self._client, self._catalogs, catalog)
