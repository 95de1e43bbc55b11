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

from target_iterable.carts import CartSink
from target_iterable.catalog_items import BoundCatalogItemSink, CatalogItemSink
from target_iterable.catalogs import Catalogs
from target_iterable.client import HOSTS, Budgets, IterableClient
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
from target_iterable.project_fields import NewFieldRule, ProjectFields
from target_iterable.purchases import PurchaseSink
from target_iterable.schemas import CATALOG_NAME
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

NAME_OR_NUMBER = th.CustomType({"type": ["string", "integer"]})


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
            "create_new_fields",
            th.BooleanType,
            title="Create new fields",
            description=(
                "Whether profile fields that the project does not know are created (true) or dropped (false). Without "
                "it the project's own setting decides."
            ),
        ),
        th.Property(
            "max_new_fields",
            th.IntegerType(minimum=0),
            title="Max new fields",
            description=(
                "How many profile fields a run may create; a record that would bring more is rejected. Without it any "
                "number, with a warning where the project comes to more than the 1 000 that Iterable recommends."
            ),
        ),
        th.Property(
            "field_ownership",
            th.ObjectType(additional_properties=th.StringType(allowed_values=["source", "destination", "first_write"])),
            title="Field ownership",
            description=(
                "Who owns a profile field of the stream users, by the field's name: source (the default) is always "
                "written, destination only while the profile has no value there, first_write only with the profile's "
                "creation."
            ),
        ),
        th.Property(
            "email_changes",
            th.StringType,
            default="follow",
            allowed_values=["follow", "ignore"],
            title="E-mail changes",
            description=(
                "Email projects: whether the address of a profile is changed first when a user's record has its userId "
                "and another email (follow), or the new address is taken for another person (ignore)."
            ),
        ),
        th.Property(
            "merge_guests",
            th.BooleanType,
            default=True,
            title="Merge guests",
            description=(
                "Hybrid projects: whether the profile of a guest, who has no userId, is merged into the customer who "
                "comes with the same address. Otherwise that customer's record is rejected."
            ),
        ),
        th.Property(
            "unsubscribe_new_profiles",
            th.ObjectType(
                th.Property("marketing", th.BooleanType, description="All channels that carry marketing."),
                th.Property("channels", th.ArrayType(NAME_OR_NUMBER), description="Channels, by name or number."),
                th.Property(
                    "message_types", th.ArrayType(NAME_OR_NUMBER), description="Message types, by name or number."
                ),
                th.Property(
                    "unless",
                    th.StringType(min_length=1),
                    description="Profile field whose true says that a new person may stay subscribed.",
                ),
                additional_properties=False,
            ),
            title="Unsubscribe new profiles",
            description=(
                "What people are unsubscribed of who are new to Iterable, before anything else makes their profile. "
                "Without it Iterable subscribes them to everything that people must opt out of. An empty object says "
                "that this is wanted."
            ),
        ),
        th.Property(
            "subscription_writes",
            th.StringType,
            default="auto",
            allowed_values=["auto", "incremental"],
            title="Subscription writes",
            description=(
                "How channels and message types are joined and left: by Iterable's incremental endpoints, and where "
                "the project lacks them by reading and rewriting a person's choices (auto); or by the former only "
                "(incremental)."
            ),
        ),
        th.Property(
            "list",
            th.StringType(min_length=1),
            title="List",
            description="Name or number of the static list that everybody in the stream users joins; made when absent.",
        ),
        th.Property(
            "commerce_requests_per_second",
            th.IntegerType(minimum=1),
            default=50,
            title="Commerce requests per second",
            description=(
                "Limit to assume for purchases and carts together, because Iterable documents none; four fifths of it "
                "are used, and less after a refusal."
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
        self._groups = SubscriptionGroups(self._client)
        self._lists = StaticLists(self._client)
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

    @override
    def connect(self) -> None:
        answer = self._client.ask("GET", "/api/channels", stream="(all)", budget=self._client.budgets.reads)
        if not answer.succeeded:
            message = (
                f"Iterable at {self._client.base_url} answers {answer.word} to a simple question: check the settings "
                "data_center and api_url"
            )
            raise AccessRefused(message)
        if (setting := self.config.get(NEW_PROFILES_SETTING)) is not None:
            rule = NewProfileRule.from_setting(setting, self._groups)
            self._new_profiles = NewProfiles(self._client, self.config["project_type"], rule)

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
        client, project_type, forgotten, logger, new_profiles = (
            self._client,
            self.config["project_type"],
            self._forgotten,
            self.logger,
            self._new_profiles,
        )
        return {
            "users": self._user_sink,
            "purchases": lambda stream: PurchaseSink(
                stream, client, project_type, forgotten, self._fields, new_profiles
            ),
            "carts": lambda stream: CartSink(stream, client, project_type, forgotten, new_profiles, logger),
            "events": lambda stream: EventSink(stream, client, project_type, forgotten, new_profiles, logger),
            "subscriptions": self._subscription_sink,
            "list_memberships": lambda stream: ListMembershipSink(
                stream, project_type, self._list_changes(), forgotten
            ),
            "catalog_items": lambda stream: CatalogItemSink(stream, client, self._catalogs),
            "deleted_users": self._deleted_user_sink,
        }

    def _user_sink(self, stream: str) -> Sink:
        client, project_type = self._client, self.config["project_type"]
        profiles = ProfileReader(client, project_type, stream)
        owners = self.config.get("field_ownership") or {}
        follows = project_type == "email" and self.config["email_changes"] == "follow"
        merges = project_type == "hybrid" and self.config["merge_guests"]
        joined = self.config.get("list")
        rules = UserRules(
            project_type=project_type,
            forgotten=self._forgotten,
            fields=self._fields,
            new_profiles=self._new_profiles,
            ownership=FieldOwnership(owners, profiles) if owners else None,
            email_changes=EmailChanges(client, profiles, self._new_profiles, stream) if follows else None,
            guests=GuestMerges(client, profiles, stream) if merges else None,
            joined_list=JoinedList(self._lists, self._list_members(), project_type, joined) if joined else None,
        )
        return UserSink(stream, client, rules, self.logger)

    def _subscription_sink(self, stream: str) -> Sink:
        return SubscriptionSink(
            stream,
            self._client,
            self.config["project_type"],
            groups=self._groups,
            list_changes=self._list_changes(),
            new_profiles=self._new_profiles,
            forgotten=self._forgotten,
            writes=self.config["subscription_writes"],
            logger=self.logger,
        )

    def _list_changes(self) -> ListChanges:
        return ListChanges(self._lists, self._list_members(), self._new_profiles)

    def _list_members(self) -> ListMembers:
        return ListMembers(self._client, DroppedFields(self.logger))

    def _warn_of_new_profiles(self) -> None:
        if self.config.get(NEW_PROFILES_SETTING) is None and not self._warned_of_new_profiles:
            self._warned_of_new_profiles = True
            self.logger.warning(NEW_PROFILES_WARNING)

    def _deleted_user_sink(self, stream: str) -> Sink:
        client, project_type = self._client, self.config["project_type"]
        profiles = ProfileReader(client, project_type, stream)
        opt_outs = MarketingOptOuts(client, self._groups, profiles, stream)
        return DeletedUserSink(stream, client, project_type, self._forgotten, profiles, opt_outs, self._new_profiles)

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
