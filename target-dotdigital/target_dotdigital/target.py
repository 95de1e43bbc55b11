"""The target: its account, and which stream goes to which sink."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, SettingsError
from delivery.settings import check_url, settings_schema
from delivery.target import DeliveryTarget
from typing_extensions import override

from target_dotdigital import call_contracts
from target_dotdigital.bindings import CART_INSIGHT, CONTACTS, DELETED_CONTACTS, PROGRAM_ENROLMENTS, Bindings
from target_dotdigital.cart_insight import CartInsightSink, CartProgram
from target_dotdigital.client import Budgets, DotdigitalClient
from target_dotdigital.contact_directory import ContactDirectory
from target_dotdigital.contact_lists import ContactLists
from target_dotdigital.contact_lookup import CONTACTS as CONTACTS_PATH
from target_dotdigital.contact_lookup import ContactLookup
from target_dotdigital.contact_preferences import MarketingPreferences
from target_dotdigital.contact_preparation import ContactPreparation
from target_dotdigital.contacts import IMPORT_PATH as CONTACT_IMPORT
from target_dotdigital.contacts import ContactServices, ContactSink
from target_dotdigital.custom_identifiers import CustomIdentifiers
from target_dotdigital.data_fields import DataFields
from target_dotdigital.deleted_contacts import DeletedContactSink, DeletionServices
from target_dotdigital.enrolment_marks import EnrolmentMarks
from target_dotdigital.erased_people import ErasedPeople
from target_dotdigital.field_ownership import FieldOwnership
from target_dotdigital.import_slots import ImportSlots
from target_dotdigital.imports import MOST_CONTACT_IMPORTS, MOST_INSIGHT_IMPORTS, Imports
from target_dotdigital.insight import IMPORT_PATH as INSIGHT_IMPORT
from target_dotdigital.insight import AnyStreamSink, CatalogSink, InsightSink
from target_dotdigital.insight_collections import CollectionRegistry
from target_dotdigital.insight_deletion import InsightDeletion
from target_dotdigital.insight_delivery import InsightServices
from target_dotdigital.known_people import KnownPeople
from target_dotdigital.notices import Notices
from target_dotdigital.program_enrolment import ProgramEnrolment
from target_dotdigital.program_enrolments import ProgramEnrolmentSink
from target_dotdigital.programs import Programs
from target_dotdigital.region import ACCOUNT_INFO, endpoint_of, host_of, is_vendors_host
from target_dotdigital.settings import OWN_SETTINGS
from target_dotdigital.shared_turns import SharedTurns

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
        erased_people = self.config.get("erased_people_path")
        self._erased = ErasedPeople(None if erased_people is None else Path(erased_people))
        self._contacts = self._make_contact_services()
        self._deletions = self._make_deletion_services()
        self._insight = self._make_insight_services()
        self._programs = Programs(self._client, self._poll_seconds)
        marks = EnrolmentMarks(self._client, self._insight.collections)
        self._enrolment = ProgramEnrolment(self._client, self._programs, marks, self._erased)

    @override
    def connect(self) -> None:
        answer = self._client.ask(
            "GET", ACCOUNT_INFO, contract=call_contracts.ACCOUNT_INFO, budget=self._client.budgets.account
        )
        if not answer.succeeded:
            message = (
                f"Dotdigital at {self._client.base_url} answers {answer.word} to a question about the account: check "
                "the setting api_url, or region"
            )
            raise AccessRefused(message)
        self._go_to(endpoint_of(answer.data))
        self._check_version()

    def _go_to(self, endpoint: str | None) -> None:
        """Send all further calls to the host that the account says is its own, unless a setting names one."""
        if self.config.get("api_url") or endpoint is None or endpoint == self._client.base_url:
            return
        if not is_vendors_host(endpoint):
            message = (
                "Dotdigital names a host as the account's that is not https at its own domain: no credentials are sent "
                "there. Look for ApiEndpoint in the answer to GET /v2/account-info; if it is right, set api_url to it"
            )
            raise AccessRefused(message)
        if self.config["region"] != "auto":
            message = f"setting region: the account lives at {endpoint}; set region so, or to auto"
            raise SettingsError(message)
        self._client.base_url = endpoint

    def _check_version(self) -> None:
        """Refuse an account that was not moved to unified contacts: it lacks version 3 of the API."""
        budget = self._client.budgets.contact_pages
        contract = call_contracts.FIRST_PAGE_OF_CONTACTS
        answer = self._client.ask("GET", CONTACTS_PATH, contract=contract, budget=budget, parameters={"limit": "1"})
        if not answer.succeeded:
            message = (
                f"Dotdigital does not list contacts by version 3 of its API ({answer.explained}): this loader needs "
                "it, and accounts have it that were moved to unified contacts; ask Dotdigital, or check api_url"
            )
            raise AccessRefused(message)

    @override
    def make_sink(self, stream: str) -> Sink:
        binding = self._bindings.of(stream)
        if binding.to == CONTACTS:
            return ContactSink(stream, self._contacts)
        if binding.to == DELETED_CONTACTS:
            return DeletedContactSink(stream, self._deletions)
        if binding.to == PROGRAM_ENROLMENTS:
            return ProgramEnrolmentSink(stream, self._programs, self._enrolment, self._erased)
        if binding.collection is None:
            message = f"the stream '{stream}' is bound to no collection"
            raise SettingsError(message)
        if binding.shape is not None:
            return AnyStreamSink(stream, self._insight, binding.collection, binding.shape)
        if binding.to == CART_INSIGHT and self.config.get("cart_insight_program") is not None:
            return CartInsightSink(stream, self._insight, binding.collection, self._cart_program())
        sink = CatalogSink if binding.collection.type == "catalog" else InsightSink
        return sink(stream, self._insight, binding.collection)

    def _cart_program(self) -> CartProgram:
        wanted = self.config["cart_insight_program"]
        program = self._programs.find(wanted)
        if program is None:
            message = "setting cart_insight_program: Dotdigital has no program of this name or number"
            raise SettingsError(message)
        within = timedelta(hours=float(self.config["cart_insight_program_hours"]))
        return CartProgram(program, within, self._enrolment)

    def _base_url(self) -> str:
        url = self.config.get("api_url")
        if not url:
            return host_of(self.config["region"])
        return check_url("api_url", url, allow_http=self.config["allow_http"])

    def _make_client(self) -> DotdigitalClient:
        return DotdigitalClient(
            username=self.config["username"],
            password=self.config["password"],
            base_url=self._base_url(),
            version=self.plugin_version,
            budgets=Budgets.of_account(self.shutdown),
            shutdown=self.shutdown,
        )

    def _make_contact_services(self) -> ContactServices:
        client, config = self._client, self.config
        people, directory = KnownPeople(), ContactDirectory(client)
        ownership = FieldOwnership(config.get("field_ownership") or {})
        return ContactServices(
            imports=Imports(
                client,
                CONTACT_IMPORT,
                "contacts",
                report=call_contracts.CONTACT_REPORT,
                poll_seconds=self._poll_seconds,
                slots=ImportSlots(MOST_CONTACT_IMPORTS, self.shutdown),
            ),
            preparation=ContactPreparation(
                lookup=ContactLookup(client),
                directory=directory,
                people=people,
                notices=self._notices,
                resubscribe=config["resubscribe"],
                ownership=ownership,
            ),
            data_fields=DataFields(client, self._notices),
            ownership=ownership,
            custom_identifiers=CustomIdentifiers(client, self._notices),
            lists=ContactLists(client, None if config.get("list") is None else str(config["list"]), self._notices),
            preferences=MarketingPreferences(client),
            people=people,
            directory=directory,
            erased=self._erased,
            notices=self._notices,
            turns=SharedTurns(self.shutdown),
            match_by=config.get("match_by"),
        )

    def _make_deletion_services(self) -> DeletionServices:
        return DeletionServices(
            client=self._client,
            lookup=ContactLookup(self._client),
            people=self._contacts.people,
            directory=self._contacts.directory,
            erased=self._erased,
            notices=self._notices,
            turns=self._contacts.turns,
            poll_seconds=self._poll_seconds,
        )

    def _make_insight_services(self) -> InsightServices:
        imports = Imports(
            self._client,
            INSIGHT_IMPORT,
            "Insight data",
            report=call_contracts.INSIGHT_REPORT,
            poll_seconds=self._poll_seconds,
            slots=ImportSlots(MOST_INSIGHT_IMPORTS, self.shutdown),
        )
        deletion, collections = InsightDeletion(self._client), CollectionRegistry(self._client, self._notices)
        return InsightServices(imports, deletion, collections, self.ledger, self._erased)
