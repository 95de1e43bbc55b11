"""All endpoints of the emulated API, with the rate limits that the vendor's contract states."""

from __future__ import annotations

from typing import Final

from commerce_sandbox.iterable import (
    catalogs,
    commerce,
    event_reads,
    event_writes,
    forgetting,
    lists,
    merging,
    request_bodies,
    subscription_groups,
    subscriptions,
    user_reads,
    user_writes,
)
from commerce_sandbox.iterable.endpoint import Endpoint
from commerce_sandbox.iterable.limits import Limit

_HUNDRED: Final = Limit(100)
_THREE: Final = Limit(3)
_FIVE_A_MINUTE: Final = Limit(5, seconds=60)
_FORGET: Final = Limit(3, daily_cap=True)

_USERS: Final = (
    Endpoint("POST", "/api/users/update", user_writes.update_user, Limit(500), request_bodies.USER_UPDATE),
    Endpoint(
        "POST",
        "/api/users/bulkUpdate",
        user_writes.bulk_update_users,
        Limit(5),
        request_bodies.USER_BULK_UPDATE,
    ),
    Endpoint("POST", "/api/users/updateEmail", user_writes.update_email, body=request_bodies.UPDATE_EMAIL),
    Endpoint("POST", "/api/users/merge", merging.merge_users, Limit(50), request_bodies.MERGE),
    Endpoint("POST", "/api/users/forget", forgetting.forget, _FORGET, request_bodies.FORGET),
    Endpoint("POST", "/api/users/unforget", forgetting.unforget, _FORGET, request_bodies.FORGET),
    Endpoint("GET", "/api/users/forgotten", forgetting.forgotten_emails, _THREE),
    Endpoint("GET", "/api/users/forgottenUserIds", forgetting.forgotten_user_ids, _THREE),
    Endpoint("GET", "/api/users/getFields", user_reads.get_fields, _THREE),
    Endpoint("GET", "/api/users/getByEmail", user_reads.get_by_email_query, _HUNDRED),
    Endpoint(
        "POST",
        "/api/users/updateSubscriptions",
        subscriptions.update_subscriptions,
        body=request_bodies.UPDATE_SUBSCRIPTIONS,
    ),
    Endpoint(
        "POST",
        "/api/users/bulkUpdateSubscriptions",
        subscriptions.bulk_update_subscriptions,
        body=request_bodies.BULK_UPDATE_SUBSCRIPTIONS,
    ),
    Endpoint("GET", "/api/users/byUserId", user_reads.get_by_user_id_query, _HUNDRED),
    Endpoint("GET", "/api/users/byUserId/{user_id:path}", user_reads.get_by_user_id_path, _HUNDRED),
    Endpoint("DELETE", "/api/users/byUserId/{user_id:path}", user_writes.delete_by_user_id, _HUNDRED),
    # Addresses may contain a slash, so these two patterns swallow everything and stand last.
    Endpoint("GET", "/api/users/{email:path}", user_reads.get_by_email_path, _HUNDRED),
    Endpoint("DELETE", "/api/users/{email:path}", user_writes.delete_by_email, _HUNDRED),
)

_EVENTS: Final = (
    Endpoint("POST", "/api/events/track", event_writes.track_event, Limit(2000), request_bodies.EVENT),
    Endpoint(
        "POST",
        "/api/events/trackBulk",
        event_writes.bulk_track_events,
        Limit(10),
        request_bodies.BULK_EVENTS,
    ),
    Endpoint("GET", "/api/events/byUserId/{user_id:path}", event_reads.events_by_user_id, _HUNDRED),
    Endpoint("GET", "/api/events/{email:path}", event_reads.events_by_email, _HUNDRED),
    Endpoint("GET", "/api/export/userEvents", event_reads.export_user_events),
    Endpoint("POST", "/api/commerce/trackPurchase", commerce.track_purchase, body=request_bodies.PURCHASE),
    Endpoint("POST", "/api/commerce/updateCart", commerce.update_cart, body=request_bodies.CART),
)

_CATALOG: Final = "/api/catalogs/{catalog}"
_CATALOGS: Final = (
    Endpoint("GET", "/api/catalogs", catalogs.get_catalogs, _HUNDRED),
    Endpoint("POST", _CATALOG, catalogs.create_catalog),
    Endpoint("DELETE", _CATALOG, catalogs.delete_catalog),
    Endpoint("GET", f"{_CATALOG}/fieldMappings", catalogs.get_mappings),
    Endpoint("PUT", f"{_CATALOG}/fieldMappings", catalogs.set_mappings, body=request_bodies.CATALOG_MAPPINGS),
    Endpoint("GET", f"{_CATALOG}/items", catalogs.get_items, _HUNDRED),
    Endpoint("POST", f"{_CATALOG}/items", catalogs.upload_items, _HUNDRED, request_bodies.CATALOG_UPLOAD),
    Endpoint("DELETE", f"{_CATALOG}/items", catalogs.delete_items, body=request_bodies.CATALOG_ITEM_DELETE),
    Endpoint("GET", f"{_CATALOG}/items/{{item_id}}", catalogs.get_item),
    Endpoint(
        "PUT",
        f"{_CATALOG}/items/{{item_id}}",
        catalogs.replace_item,
        Limit(1000),
        request_bodies.CATALOG_ITEM_REPLACE,
    ),
    Endpoint(
        "PATCH",
        f"{_CATALOG}/items/{{item_id}}",
        catalogs.update_item,
        body=request_bodies.CATALOG_ITEM_UPDATE,
    ),
    Endpoint("DELETE", f"{_CATALOG}/items/{{item_id}}", catalogs.delete_item),
)

_LISTS: Final = (
    Endpoint("GET", "/api/lists", lists.get_lists, _HUNDRED),
    Endpoint("POST", "/api/lists", lists.create_list, body=request_bodies.NEW_LIST),
    Endpoint("POST", "/api/lists/subscribe", lists.subscribe, body=request_bodies.SUBSCRIBE),
    Endpoint("POST", "/api/lists/unsubscribe", lists.unsubscribe, body=request_bodies.UNSUBSCRIBE),
    Endpoint("GET", "/api/lists/getUsers", lists.list_users, _FIVE_A_MINUTE),
    Endpoint("GET", "/api/lists/previewUsers", lists.preview_users, _FIVE_A_MINUTE),
    Endpoint("GET", "/api/lists/{list_id}/size", lists.list_size, _FIVE_A_MINUTE),
    Endpoint("DELETE", "/api/lists/{list_id:int}", lists.delete_list),
)

_GROUP: Final = "/api/subscriptions/{group}/{group_id:int}"
_SUBSCRIPTIONS: Final = (
    Endpoint("GET", "/api/channels", subscriptions.get_channels, _HUNDRED),
    Endpoint("GET", "/api/messageTypes", subscriptions.get_message_types, _HUNDRED),
    Endpoint("PUT", _GROUP, subscription_groups.change_many, body=request_bodies.SUBSCRIPTION_ACTION),
    Endpoint("PATCH", f"{_GROUP}/user/{{email:path}}", subscription_groups.subscribe_email),
    Endpoint("DELETE", f"{_GROUP}/user/{{email:path}}", subscription_groups.unsubscribe_email),
    Endpoint("PATCH", f"{_GROUP}/byUserId/{{user_id:path}}", subscription_groups.subscribe_user_id),
    Endpoint("DELETE", f"{_GROUP}/byUserId/{{user_id:path}}", subscription_groups.unsubscribe_user_id),
)

ENDPOINTS: Final = (*_USERS, *_EVENTS, *_CATALOGS, *_LISTS, *_SUBSCRIPTIONS)
"""Every operation, in the order in which paths are matched."""
