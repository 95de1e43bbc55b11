"""The shapes of all request bodies, as the vendor's contract (version 1.8) declares them."""

from __future__ import annotations

from typing import Final

from commerce_sandbox.iterable.body_shape import Kind, ListOf, MapOf, Members

_USER_MEMBERS: Final = {
    "email": Kind.STRING,
    "userId": Kind.STRING,
    "dataFields": Kind.OBJECT,
    "mergeNestedObjects": Kind.BOOLEAN,
    "preferUserId": Kind.BOOLEAN,
}
_BULK_USER: Final = Members(optional=_USER_MEMBERS)
_IDENTIFIED: Final = {"email": Kind.STRING, "userId": Kind.STRING}
_OCCURRENCE: Final = {
    "id": Kind.STRING,
    "createdAt": Kind.WHOLE,
    "dataFields": Kind.OBJECT,
    "campaignId": Kind.WHOLE,
    "templateId": Kind.WHOLE,
}
_COMMERCE_ITEM: Final = Members(
    required={"id": Kind.STRING, "name": Kind.STRING, "price": Kind.NUMBER, "quantity": Kind.WHOLE},
    optional={
        "sku": Kind.STRING,
        "description": Kind.STRING,
        "categories": ListOf(Kind.STRING),
        "url": Kind.STRING,
        "imageUrl": Kind.STRING,
        "dataFields": Kind.OBJECT,
    },
)
_SUBSCRIPTIONS: Final = Members(
    optional={
        **_IDENTIFIED,
        "emailListIds": ListOf(Kind.WHOLE),
        "unsubscribedChannelIds": ListOf(Kind.WHOLE),
        "unsubscribedMessageTypeIds": ListOf(Kind.WHOLE),
        "subscribedMessageTypeIds": ListOf(Kind.WHOLE),
        "campaignId": Kind.WHOLE,
        "templateId": Kind.WHOLE,
        "validateChannelAlignment": Kind.BOOLEAN,
    }
)

USER_UPDATE: Final = Members(optional={**_USER_MEMBERS, "createNewFields": Kind.BOOLEAN})
USER_BULK_UPDATE: Final = Members(
    required={"users": ListOf(_BULK_USER)},
    optional={"createNewFields": Kind.BOOLEAN, "updateOnly": Kind.BOOLEAN},
)
UPDATE_EMAIL: Final = Members(
    required={"newEmail": Kind.STRING},
    optional={"currentEmail": Kind.STRING, "currentUserId": Kind.STRING},
)
MERGE: Final = Members(
    optional={
        "sourceEmail": Kind.STRING,
        "sourceUserId": Kind.STRING,
        "destinationEmail": Kind.STRING,
        "destinationUserId": Kind.STRING,
        "arrayMerge": ListOf(Members(optional={"field": Kind.STRING, "dedupeBy": Kind.STRING})),
    }
)
FORGET: Final = Members(optional=_IDENTIFIED)
UPDATE_SUBSCRIPTIONS: Final = _SUBSCRIPTIONS
BULK_UPDATE_SUBSCRIPTIONS: Final = Members(required={"updateSubscriptionsRequests": ListOf(_SUBSCRIPTIONS)})
SUBSCRIPTION_ACTION: Final = Members(optional={"users": ListOf(Kind.STRING), "usersByUserId": ListOf(Kind.STRING)})
EVENT: Final = Members(
    required={"eventName": Kind.STRING},
    optional={
        **_IDENTIFIED,
        **_OCCURRENCE,
        "createNewFields": Kind.BOOLEAN,
    },
)
BULK_EVENTS: Final = Members(required={"events": ListOf(EVENT)})
PURCHASE: Final = Members(
    required={"user": USER_UPDATE, "items": ListOf(_COMMERCE_ITEM), "total": Kind.NUMBER},
    optional=_OCCURRENCE,
)
CART: Final = Members(
    required={"user": USER_UPDATE, "items": ListOf(_COMMERCE_ITEM)}, optional={"createdAt": Kind.WHOLE}
)
NEW_LIST: Final = Members(required={"name": Kind.STRING}, optional={"description": Kind.STRING})
SUBSCRIBE: Final = Members(
    required={"listId": Kind.WHOLE, "subscribers": ListOf(_BULK_USER)},
    optional={"updateExistingUsersOnly": Kind.BOOLEAN},
)
UNSUBSCRIBE: Final = Members(
    required={"listId": Kind.WHOLE, "subscribers": ListOf(Members(optional=_IDENTIFIED))},
    optional={"campaignId": Kind.WHOLE, "channelUnsubscribe": Kind.BOOLEAN},
)
CATALOG_UPLOAD: Final = Members(required={"documents": MapOf(Kind.OBJECT), "replaceUploadedFieldsOnly": Kind.BOOLEAN})
CATALOG_ITEM_REPLACE: Final = Members(required={"value": Kind.OBJECT})
CATALOG_ITEM_UPDATE: Final = Members(required={"update": Kind.OBJECT})
CATALOG_ITEM_DELETE: Final = Members(required={"itemIds": ListOf(Kind.STRING)})
_MAPPING: Final = {"fieldName": Kind.STRING, "fieldType": Kind.STRING}
CATALOG_MAPPINGS: Final = Members(required={"mappingsUpdates": ListOf(Members(required=_MAPPING))})
