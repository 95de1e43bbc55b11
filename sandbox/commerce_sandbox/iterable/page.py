"""The page for people: what the project holds, one table at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable.user_reads import subscription_fields
from commerce_sandbox.service import Page
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from commerce_sandbox.iterable.project import Project

Row = dict[str, Any]
Columns = tuple[tuple[str, str], ...]


def project_page(project: Project, counts: Mapping[str, int], arguments: Mapping[str, str]) -> Page:
    """Return the page with the table that ``?section=`` names (users unless another is named)."""
    section = arguments.get("section", "users")
    title, columns, rows = _SECTIONS.get(section, _SECTIONS["users"])
    view = table_view(section, title, columns, rows(project), arguments, only_table=True)
    context = {
        "sections": {name: title for name, (title, _, _) in _SECTIONS.items()},
        "section": section if section in _SECTIONS else "users",
        "view": view,
        "counts": counts,
        "project_type": project.settings.project_type,
    }
    return Page("iterable.html", context)


def _users(project: Project) -> Iterator[Row]:
    for profile in project.profiles:
        yield {
            "email": profile.email,
            "userId": profile.user_id,
            "dataFields": profile.data,
            "cart": _item_lines(profile.cart or []),
            "subscriptions": subscription_fields(project, profile),
            "updated": profile.updated_at.strftime("%Y-%m-%d %H:%M:%S"),
        }


def _purchases(project: Project) -> Iterator[Row]:
    for purchase in project.purchases.values():
        yield {
            "id": purchase.purchase_id,
            "who": purchase.profile.email or purchase.profile.user_id,
            "createdAt": purchase.created_at.strftime("%Y-%m-%d %H:%M:%S"),
            "total": purchase.total,
            "items": _item_lines(purchase.items),
            "dataFields": purchase.data,
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
            yield {"catalog": catalog.name, "id": item_id, "value": item.value, "bytes": item.size}


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


def _item_lines(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{item['quantity']} x {item['name']} at {item['price']:g}" for item in items]


_MEMBERS_SHOWN: Final = 20
_SECTIONS: Final[dict[str, tuple[str, Columns, Callable[[Project], Iterator[Row]]]]] = {
    "users": (
        "Profiles",
        (
            ("email", "E-mail"),
            ("userId", "User id"),
            ("dataFields", "Data fields"),
            ("cart", "Cart"),
            ("subscriptions", "Subscriptions"),
            ("updated", "Written (UTC)"),
        ),
        _users,
    ),
    "purchases": (
        "Purchases",
        (
            ("id", "Id"),
            ("who", "User"),
            ("createdAt", "Created (UTC)"),
            ("total", "Total"),
            ("items", "Items"),
            ("dataFields", "Data fields"),
        ),
        _purchases,
    ),
    "events": (
        "Events",
        (
            ("eventName", "Event"),
            ("id", "Id"),
            ("who", "User"),
            ("createdAt", "Created (UTC)"),
            ("dataFields", "Data fields"),
        ),
        _events,
    ),
    "catalog-items": (
        "Catalog items",
        (("catalog", "Catalog"), ("id", "Item id"), ("value", "Value"), ("bytes", "Bytes")),
        _catalog_items,
    ),
    "lists": (
        "Lists",
        (("id", "Id"), ("name", "Name"), ("size", "Members"), ("members", "First members")),
        _lists,
    ),
    "fields": ("Fields", (("scope", "Of"), ("field", "Field"), ("type", "Type")), _fields),
}
