"""Everything that arrived in the project, as JSON data in a stable order.

What differs between two runs with the same records (times of receipt, ids the service made up) stands apart
under ``received_at``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from commerce_sandbox.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from commerce_sandbox.iterable.profiles import Event, Profile, Purchase
    from commerce_sandbox.iterable.project import Project


def project_snapshot(project: Project) -> dict[str, Any]:
    """Return the project's whole content."""
    profiles = sorted(project.profiles, key=_person_key)
    purchases = sorted(project.purchases.values(), key=_purchase_key)
    events = sorted(project.events.values(), key=_event_key)
    catalogs = sorted(project.catalogs.values(), key=lambda catalog: catalog.name)
    return {
        "users": [_user(profile) for profile in profiles],
        "purchases": [_purchase(purchase) for purchase in purchases],
        "events": [_event(event) for event in events],
        "catalogs": {
            catalog.name: {item_id: item.value for item_id, item in sorted(catalog.items.items())}
            for catalog in catalogs
        },
        "catalog_mappings": {catalog.name: dict(sorted(catalog.mapped.items())) for catalog in catalogs},
        "lists": {
            str(one.list_id): {
                "name": one.name,
                "members": sorted(_identifier(member) for member in project.members(one.list_id)),
            }
            for one in project.lists.values()
        },
        "subscriptions": _subscriptions(profiles),
        "fields": {
            "user": project.user_schema.every_type(),
            "event": project.event_schema.every_type(),
            "purchase": project.purchase_schema.every_type(),
            "item": project.item_schema.every_type(),
        },
        "forgotten": {
            "hashedEmails": sorted(project.forgotten.emails),
            "hashedUserIds": sorted(project.forgotten.user_ids),
        },
        "received_at": {
            "users": {_identifier(profile): timestamp(profile.updated_at) for profile in profiles},
            "purchases": {one.purchase_id: timestamp(one.received_at) for one in purchases},
            "events": {one.event_id: timestamp(one.received_at) for one in events},
        },
    }


def project_counts(project: Project) -> dict[str, int]:
    """Return how many things the project holds, by kind."""
    return {
        "users": len(project.profiles),
        "purchases": len(project.purchases),
        "events": len(project.events),
        "catalog_items": sum(len(catalog.items) for catalog in project.catalogs.values()),
        "lists": len(project.lists),
        "list_memberships": sum(len(profile.list_ids) for profile in project.profiles),
        "forgotten_users": len(project.forgotten),
    }


def _identifier(profile: Profile) -> str:
    return profile.email or profile.user_id or ""


def _person_key(profile: Profile) -> tuple[str, str]:
    return profile.email or "", profile.user_id or ""


def _purchase_key(purchase: Purchase) -> tuple[str, str, str, bytes]:
    own_id = purchase.purchase_id if purchase.has_own_id else ""
    return (own_id, *_person_key(purchase.profile), msgspec.json.encode(purchase.items))


def _event_key(event: Event) -> tuple[str, str, str, str, bytes]:
    own_id = event.event_id if event.has_own_id else ""
    return (own_id, event.name, *_person_key(event.profile), msgspec.json.encode(event.data))


def _user(profile: Profile) -> dict[str, Any]:
    return {
        "email": profile.email,
        "userId": profile.user_id,
        "dataFields": dict(sorted(profile.data.items())),
        "shoppingCartItems": profile.cart,
    }


def _purchase(purchase: Purchase) -> dict[str, Any]:
    return {
        "id": purchase.purchase_id if purchase.has_own_id else None,
        "email": purchase.profile.email,
        "userId": purchase.profile.user_id,
        "createdAt": timestamp(purchase.created_at) if purchase.has_own_time else None,
        "total": purchase.total,
        "items": purchase.items,
        "dataFields": dict(sorted(purchase.data.items())),
        "campaignId": purchase.campaign_id,
        "templateId": purchase.template_id,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.event_id if event.has_own_id else None,
        "eventName": event.name,
        "email": event.profile.email,
        "userId": event.profile.user_id,
        "createdAt": timestamp(event.created_at) if event.has_own_time else None,
        "dataFields": dict(sorted(event.data.items())),
        "campaignId": event.campaign_id,
        "templateId": event.template_id,
    }


def _subscriptions(profiles: Iterable[Profile]) -> dict[str, dict[str, list[int]]]:
    """Return the consent of all people who have any, by identifier."""
    found: dict[str, dict[str, list[int]]] = {}
    for profile in profiles:
        consent = {
            "unsubscribedChannelIds": sorted(profile.unsubscribed_channels),
            "unsubscribedMessageTypeIds": sorted(profile.unsubscribed_types),
            "subscribedMessageTypeIds": sorted(profile.subscribed_types),
        }
        if any(consent.values()):
            found[_identifier(profile)] = consent
    return found
