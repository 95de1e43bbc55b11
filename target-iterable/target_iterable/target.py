"""The target: its settings, and which stream goes to which sink."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from delivery.errors import AccessRefused, SettingsError
from delivery.settings import check_url, settings_schema
from delivery.target import DeliveryTarget
from typing_extensions import override

from target_iterable.carts import CartSink
from target_iterable.catalog_items import BoundCatalogItemSink, CatalogItemSink
from target_iterable.catalogs import Catalogs
from target_iterable.client import HOSTS, Budgets, IterableClient
from target_iterable.contracts import CHANNELS
from target_iterable.deleted_users import DeletedUserSink
from target_iterable.dropped_fields import DroppedFields
from target_iterable.events import EventSink
from target_iterable.field_ownership import FieldOwnership, misplaced_names
from target_iterable.forgotten_people import ForgottenPeople
from target_iterable.identity_changes import EmailChanges, GuestMerges
from target_iterable.list_memberships import JoinedList, ListChanges, ListMembers, ListMembershipSink
from target_iterable.marketing_opt_outs import MarketingOptOuts
from target_iterable.new_profiles import SETTING as NEW_PROFILES_SETTING
from target_iterable.new_profiles import WARNING as NEW_PROFILES_WARNING
from target_iterable.new_profiles import NewProfileRule, NewProfiles
from target_iterable.profile_reads import ProfileReader
from target_iterable.project import Project
from target_iterable.project_fields import NewFieldRule, ProjectFields
from target_iterable.purchases import PurchaseSink
from target_iterable.schemas import CATALOG_NAME
from target_iterable.settings import OWN_SETTINGS
from target_iterable.static_lists import StaticLists
from target_iterable.subscription_groups import SubscriptionGroups
from target_iterable.subscriptions import SubscriptionSink
from target_iterable.users import UserRules, UserSink

if TYPE_CHECKING:
    from collections.abc import Callable

    from delivery.sink import Sink

STREAMS = (
    "users",
    "purchases",
    "carts",
    "events",
    "catalog_items",
    "subscriptions",
    "list_memberships",
    "deleted_users",
)
MAKING_PEOPLE = frozenset({"users", "purchases", "carts", "events", "subscriptions", "list_memberships"})
"""Streams whose requests can make new profiles."""


class TargetIterable(DeliveryTarget):
    """Singer target for Iterable."""

    name = "target-iterable"
    destination = "iterable"
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(*OWN_SETTINGS)

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._client = IterableClient(
            api_key=self.config["api_key"],
            base_url=self._base_url(),
            version=self.plugin_version,
            budgets=Budgets.documented(self.shutdown, self.config["commerce_requests_per_second"]),
            shutdown=self.shutdown,
        )
        self._catalogs = Catalogs(self._client, self.ledger.notice_once)
        self._groups = SubscriptionGroups(self._client)
        self._lists = StaticLists(self._client, self.ledger.notice_once)
        self._new_profiles = NewProfiles(self._client, self.config["project_type"], None)
        self._warned_of_new_profiles = False
        self._forgotten = ForgottenPeople(self._client, self.config["project_type"], self.logger)
        misplaced = misplaced_names(self.config.get("field_ownership") or {})
        if misplaced:
            message = (
                f"setting field_ownership: no rule can be about {', '.join(misplaced)}: rules are about whole "
                "top-level fields that identify nobody"
            )
            raise SettingsError(message)
        self._fields = ProjectFields(
            self._client,
            NewFieldRule(self.config.get("create_new_fields"), self.config.get("max_new_fields")),
            self.logger,
            self.ledger.notice,
        )

    def _base_url(self) -> str:
        given = self.config.get("api_url")
        if not given:
            return HOSTS[self.config["data_center"]]
        return check_url("api_url", given, allow_http=self.config["allow_http"])

    @override
    def connect(self) -> None:
        answer = self._client.ask(
            "GET", "/api/channels", contract=CHANNELS, stream="(all)", budget=self._client.budgets.reads
        )
        if not answer.succeeded:
            message = (
                f"Iterable at {self._client.base_url} answers {answer.word} to a simple question: check the settings "
                "data_center and api_url"
            )
            raise AccessRefused(message)
        if (setting := self.config.get(NEW_PROFILES_SETTING)) is not None:
            rule = NewProfileRule.from_setting(setting, self._groups)
            self._new_profiles = NewProfiles(self._client, self.config["project_type"], rule)

    @property
    def _project(self) -> Project:
        """The project, once the loader is connected."""
        return Project(self._client, self.config["project_type"], self._forgotten, self._new_profiles, self.logger)

    @override
    def make_sink(self, stream: str) -> Sink:
        binding = self._binding(stream)
        if isinstance(binding, dict):
            return self._bound_to_catalog(stream, binding)
        make = self._sink_makers().get(binding) if isinstance(binding, str) else None
        if make is not None:
            if binding in MAKING_PEOPLE:
                self._warn_of_new_profiles()
            return make(stream)
        message = (
            f"setting streams: the stream '{stream}' is bound to '{binding}', which is none of this loader's: "
            f"{', '.join(STREAMS)}"
        )
        raise SettingsError(message)

    def _sink_makers(self) -> dict[str, Callable[[str], Sink]]:
        """Return what makes the sink of each stream of `STREAMS`."""
        project = self._project
        return {
            "users": self._user_sink,
            "purchases": lambda stream: PurchaseSink(stream, project, self._fields),
            "carts": lambda stream: CartSink(stream, project),
            "events": lambda stream: EventSink(stream, project),
            "subscriptions": self._subscription_sink,
            "list_memberships": lambda stream: ListMembershipSink(stream, project, self._list_changes()),
            "catalog_items": lambda stream: CatalogItemSink(stream, self._client, self._catalogs),
            "deleted_users": self._deleted_user_sink,
        }

    def _user_sink(self, stream: str) -> Sink:
        client, project_type = self._client, self.config["project_type"]
        profiles = ProfileReader(client, project_type, stream)
        owners = self.config.get("field_ownership") or {}
        follows = project_type == "email" and self.config["email_changes"] == "follow"
        merges = project_type == "hybrid" and self.config["merge_guests"]
        if joined := self.config.get("list"):
            self._list_changes().find(joined, stream)
        rules = UserRules(
            fields=self._fields,
            ownership=FieldOwnership(owners, profiles) if owners else None,
            email_changes=EmailChanges(client, profiles, self._new_profiles, stream) if follows else None,
            guests=GuestMerges(client, profiles, stream) if merges else None,
            joined_list=JoinedList(self._lists, self._list_members(), project_type, joined) if joined else None,
        )
        return UserSink(stream, self._project, rules)

    def _subscription_sink(self, stream: str) -> Sink:
        return SubscriptionSink(
            stream,
            self._project,
            groups=self._groups,
            list_changes=self._list_changes(),
            writes=self.config["subscription_writes"],
        )

    def _list_changes(self) -> ListChanges:
        return ListChanges(self._lists, self._list_members(), self._new_profiles)

    def _list_members(self) -> ListMembers:
        return ListMembers(self._client, self.config["project_type"], DroppedFields(self.logger))

    def _warn_of_new_profiles(self) -> None:
        if self.config.get(NEW_PROFILES_SETTING) is None and not self._warned_of_new_profiles:
            self._warned_of_new_profiles = True
            self.logger.warning(NEW_PROFILES_WARNING)

    def _deleted_user_sink(self, stream: str) -> Sink:
        client, project_type = self._client, self.config["project_type"]
        profiles = ProfileReader(client, project_type, stream)
        opt_outs = MarketingOptOuts(client, self._groups, profiles, stream)
        return DeletedUserSink(stream, self._project, profiles, opt_outs)

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
