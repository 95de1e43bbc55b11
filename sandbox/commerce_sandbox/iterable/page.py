"""The page for people: what the project holds, one table at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.cell_text import amount_text, item_line
from commerce_sandbox.iterable.user_reads import subscription_fields
from commerce_sandbox.service import Page
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

Row = dict[str, Any]
Columns = tuple[tuple[str, str], ...]


def project_page(project: Project, counts: Mapping[str, int], arguments: Mapping[str, str]) -> Page:
    """Return the page with the table that ``?section=`` names (users unless another is named)."""
    asked = arguments.get("section", "users")
    section = asked if asked in _SECTIONS else "users"
    title, columns, rows = _SECTIONS[section]
    context = {
        "sections": {name: title for name, (title, _, _) in _SECTIONS.items()},
        "section": section,
        "view": table_view(section, title, columns, rows(project), arguments, only_table=True),
        "counts": counts,
        "project_type": project.settings.project_type,
    }
    return Page("iterable.html", context)


def _users(project: Project) -> Iterator[Row]:
    for profile in sorted(project.profiles, key=lambda profile: profile.updated_at, reverse=True):
        yield {
            "email": profile.email,
            "name": _name(profile.data),
            "dataFields": profile.data,
            "cart": _item_lines(profile.cart or []),
            "subscriptions": _subscriptions(project, profile),
            "userId": profile.user_id,
            "updated": profile.updated_at.strftime("%Y-%m-%d %H:%M:%S"),
        }


def _name(data: Mapping[str, Any]) -> str:
    return " ".join(str(data[part]) for part in ("firstName", "lastName") if data.get(part))


def _subscriptions(project: Project, profile: Profile) -> dict[str, list[str]]:
    """Return the arrays of the profile that are not empty, with names in place of ids."""
    channels = {one.channel_id: one.name for one in project.channels.channels.values()}
    types = {one.type_id: one.name for one in project.channels.message_types.values()}
    lists = {one.list_id: one.name for one in project.lists.values()}
    return {
        field: [
            (channels if "Channel" in field else types if "Type" in field else lists).get(one, str(one)) for one in ids
        ]
        for field, ids in subscription_fields(project, profile).items()
        if ids
    }


def _purchases(project: Project) -> Iterator[Row]:
    for purchase in sorted(project.purchases.values(), key=lambda purchase: purchase.created_at, reverse=True):
        currency = purchase.data.get("currency")
        yield {
            "createdAt": purchase.created_at.strftime("%Y-%m-%d %H:%M:%S"),
            "who": purchase.profile.email or purchase.profile.user_id,
            "total": amount_text(purchase.total, currency),
            "items": _item_lines(purchase.items, currency),
            "dataFields": purchase.data,
            "id": purchase.purchase_id,
        }


def _events(project: Project) -> Iterator[Row]:
    for event in project.events.values():
        yield {
            "eventName": event.name,
            "id": event.event_id,
            "who": event.profile.email or event.profile.user_id,
            "createdAt": event.created_at.strftime("%Y-%m-%d %H:%M:%S"),
            "dataFields": event.data,
        }


def _catalog_items(project: Project) -> Iterator[Row]:
    for catalog in project.catalogs.values():
        for item_id, item in catalog.items.items():
            value = item.value
            yield {
                "catalog": catalog.name,
                "name": value.get("name"),
                "price": amount_text(value.get("price"), value.get("currency")),
                "value": value,
                "id": item_id,
                "bytes": item.size,
            }


def _lists(project: Project) -> Iterator[Row]:
    for one in project.lists.values():
        members = project.members(one.list_id)
        yield {
            "id": one.list_id,
            "name": one.name,
            "size": len(members),
            "members": [member.email or member.user_id for member in members[:_MEMBERS_SHOWN]],
        }


def _fields(project: Project) -> Iterator[Row]:
    schemas = {
        "user": project.user_schema,
        "event": project.event_schema,
        "purchase": project.purchase_schema,
        "item": project.item_schema,
        **{f"catalog {catalog.name}": catalog.schema for catalog in project.catalogs.values()},
    }
    for scope, schema in schemas.items():
        for path, field_type in schema.every_type().items():
            yield {"scope": scope, "field": path, "type": field_type}


def _item_lines(items: Sequence[Mapping[str, Any]], currency: object = None) -> list[str]:
    return [item_line(item["quantity"], item["name"], item["price"], currency) for item in items]


_MEMBERS_SHOWN: Final = 20
_SECTIONS: Final[dict[str, tuple[str, Columns, Callable[[Project], Iterator[Row]]]]] = {
    "users": (
        "Profiles",
        (
            ("email", "E-mail"),
            ("name", "Name"),
            ("dataFields", "Data fields"),
            ("cart", "Cart"),
            ("subscriptions", "Subscriptions"),
            ("userId", "User id"),
            ("updated", "Written"),
        ),
        _users,
    ),
    "purchases": (
        "Purchases",
        (
            ("createdAt", "Bought"),
            ("who", "User"),
            ("total", "Total"),
            ("items", "Items"),
            ("dataFields", "Data fields"),
            ("id", "Id"),
        ),
        _purchases,
    ),
    "events": (
        "Events",
        (
            ("createdAt", "Time"),
            ("eventName", "Event"),
            ("who", "User"),
            ("dataFields", "Data fields"),
            ("id", "Id"),
        ),
        _events,
    ),
    "catalog-items": (
        "Catalog items",
        (
            ("catalog", "Catalog"),
            ("name", "Name"),
            ("price", "Price"),
            ("value", "Fields"),
            ("id", "Item id"),
            ("bytes", "Bytes"),
        ),
        _catalog_items,
    ),
    "lists": (
        "Lists",
        (("id", "Id"), ("name", "Name"), ("size", "Members"), ("members", "First members")),
        _lists,
    ),
    "fields": ("Fields", (("scope", "Of"), ("field", "Field"), ("type", "Type")), _fields),
}
