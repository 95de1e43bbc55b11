"""The target: its account, and which stream goes to which sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, SettingsError
from delivery.settings import settings_schema
from delivery.target import DeliveryTarget
from typing_extensions import override

from target_dotdigital.bindings import CONTACTS, DELETED_CONTACTS, Bindings
from target_dotdigital.client import Budgets, DotdigitalClient
from target_dotdigital.contact_list import ContactList
from target_dotdigital.contact_lookup import ContactLookup
from target_dotdigital.contact_preparation import ContactPreparation
from target_dotdigital.contacts import IMPORT_PATH as CONTACT_IMPORT
from target_dotdigital.contacts import ContactServices, ContactSink
from target_dotdigital.data_fields import DataFields
from target_dotdigital.deleted_contacts import DeletedContactSink
from target_dotdigital.imports import Imports
from target_dotdigital.insight import IMPORT_PATH as INSIGHT_IMPORT
from target_dotdigital.insight import AnyStreamSink, CatalogSink, InsightServices, InsightSink
from target_dotdigital.insight_collections import CollectionRegistry
from target_dotdigital.known_people import KnownPeople
from target_dotdigital.notices import Notices
from target_dotdigital.region import ACCOUNT_INFO, endpoint_of, host_of
from target_dotdigital.settings import OWN_SETTINGS

if TYPE_CHECKING:
    from delivery.sink import Sink


class TargetDotdigital(DeliveryTarget):
    """Singer target for Dotdigital."""

    name = "target-dotdigital"
    destination = "dotdigital"
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(*OWN_SETTINGS)

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._notices = Notices(self.ledger)
        self._bindings = Bindings(self.config.get("streams") or {}, self.config.get("collections") or {})
        # Numbers of a settings file are read as exact ones.
        self._poll_seconds = float(self.config["poll_seconds"])
        self._client = self._make_client()
        self._contacts = self._make_contact_services()
        self._insight = self._make_insight_services()

    @override
    def connect(self) -> None:
        answer = self._client.ask("GET", ACCOUNT_INFO, budget=self._client.budgets.account)
        if not answer.succeeded:
            message = (
                f"Dotdigital at {self._client.base_url} answers {answer.word} to a question about the account: check "
                "the setting api_url, or region"
            )
            raise AccessRefused(message)
        endpoint = endpoint_of(answer.data)
        if self.config.get("api_url") or endpoint is None or endpoint == self._client.base_url:
            return
        if self.config["region"] != "auto":
            message = f"setting region: the account lives at {endpoint}; set region so, or to auto"
            raise SettingsError(message)
        self._client.base_url = endpoint

    @override
    def make_sink(self, stream: str) -> Sink:
        binding = self._bindings.of(stream)
        if binding.to == CONTACTS:
            return ContactSink(stream, self._contacts)
        if binding.to == DELETED_CONTACTS:
            return DeletedContactSink(stream, self._client, self._poll_seconds)
        if binding.collection is None:
            message = f"the stream '{stream}' is bound to no collection"
            raise SettingsError(message)
        if binding.shape is not None:
            return AnyStreamSink(stream, self._insight, binding.collection, binding.shape)
        sink = CatalogSink if binding.collection.type == "catalog" else InsightSink
        return sink(stream, self._insight, binding.collection)

    def _make_client(self) -> DotdigitalClient:
        return DotdigitalClient(
            username=self.config["username"],
            password=self.config["password"],
            base_url=self.config.get("api_url") or host_of(self.config["region"]),
            version=self.plugin_version,
            budgets=Budgets.of_account(self.shutdown),
            shutdown=self.shutdown,
        )

    def _make_contact_services(self) -> ContactServices:
        client, config, people = self._client, self.config, KnownPeople()
        return ContactServices(
            imports=Imports(client, CONTACT_IMPORT, "contacts", self._poll_seconds),
            preparation=ContactPreparation(ContactLookup(client), people, self._notices, config["resubscribe"]),
            data_fields=DataFields(client),
            contact_list=None if config.get("list") is None else ContactList(client, str(config["list"])),
            people=people,
            notices=self._notices,
        )

    def _make_insight_services(self) -> InsightServices:
        imports = Imports(self._client, INSIGHT_IMPORT, "Insight data", self._poll_seconds)
        return InsightServices(imports, CollectionRegistry(self._client))
