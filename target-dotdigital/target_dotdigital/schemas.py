"""Record schemas: the elements of Dotdigital's own requests, as JSON Schema."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}

_CONSENT_RECORD: Schema = {
    "type": "object",
    "properties": {
        "text": _TEXT,
        "dateTimeConsented": {"type": "string", "format": "date-time"},
        "url": _TEXT,
        "ipAddress": _TEXT,
        "userAgent": _TEXT,
    },
    "required": ["text", "dateTimeConsented", "url", "ipAddress", "userAgent"],
    "additionalProperties": False,
}

_MOBILE_CHANNEL: Schema = {
    "type": "object",
    "properties": {
        "status": {"enum": ["noSubscription", "subscribed", "unsubscribed"]},
    },
    "additionalProperties": False,
}

CONTACT: Schema = {
    "type": "object",
    "properties": {
        "matchIdentifier": _TEXT,
        "identifiers": {
            "type": "object",
            "properties": {"contactId": {"type": "integer"}, "email": _TEXT, "mobileNumber": _TEXT},
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256},
            "minProperties": 1,
        },
        "dataFields": {"type": "object"},
        "lists": {
            "type": "array",
            "items": {"type": ["integer", "string"]},
            "minItems": 1,
            "maxItems": 99,
        },
        "preferences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "integer"}, "name": _TEXT, "isOptedIn": {"type": "boolean"}},
                "required": ["isOptedIn"],
                "additionalProperties": False,
            },
            "minItems": 1,
        },
        "consentRecords": {"type": "array", "items": _CONSENT_RECORD, "minItems": 1, "maxItems": 5},
        "channelProperties": {
            "type": "object",
            "properties": {
                "email": {
                    "type": "object",
                    "properties": {
                        "status": {"enum": ["subscribed", "unsubscribed"]},
                        # Not verifiedDouble: writing it mails the person.
                        "optInType": {"enum": ["unknown", "single", "double"]},
                        "emailType": {"enum": ["html", "plainText"]},
                        "resubscribeOptions": {"type": "object"},
                    },
                    "additionalProperties": False,
                },
                "sms": _MOBILE_CHANNEL,
                "whatsApp": _MOBILE_CHANNEL,
            },
            "additionalProperties": False,
        },
        "consentFields": {"type": "array", "items": {"type": "string"}},
        "consentedAt": {"type": ["string", "null"], "format": "date-time"},
    },
    "required": ["matchIdentifier", "identifiers"],
    "additionalProperties": False,
}
"""A contact of `PUT /contacts/v3/import`, whose lists and preferences may be named.

Two members are never sent: `consentedAt` tells when the yes was given, `consentFields` which data fields say a consent.
"""

INSIGHT_RECORD: Schema = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$"},
        "contactIdentity": {
            "type": "object",
            "properties": {"identifier": _TEXT, "value": _TEXT},
            "required": ["identifier", "value"],
            "additionalProperties": False,
        },
        "json": {"type": ["object", "null"], "minProperties": 1},
        "collectionName": {"type": "string", "pattern": "^[-A-Za-z_][-A-Za-z0-9_]{1,254}$"},
    },
    "required": ["key", "json"],
    "additionalProperties": False,
}
"""A record of `PUT /insightData/v3/import`, or of `deleteRecords` if `json` is null.

`collectionName` says where it goes, if not where the settings say.
"""

PROGRAM_ENROLMENT: Schema = {
    "type": "object",
    "properties": {
        "program": {"type": ["integer", "string"], "minLength": 1},
        "key": {"type": ["string", "integer"]},
        "contactId": {"type": "integer"},
        "email": _TEXT,
        "mobileNumber": _TEXT,
    },
    "additionalProperties": {"type": "string", "minLength": 1},
    "required": ["program"],
}
"""A contact, by one identifier, to enrol into a program, by its name or number, once for each `key`."""

CONTACT_INSIGHT_RECORD: Schema = {**INSIGHT_RECORD, "required": ["key", "contactIdentity", "json"]}
"""The same for a collection whose records belong to contacts."""

DELETED_CONTACT: Schema = {
    "type": "object",
    "properties": {
        "contactId": {"type": "integer"},
        "email": _TEXT,
        "mobileNumber": _TEXT,
        "forget": {"type": "boolean"},
    },
    "additionalProperties": {"type": "string", "minLength": 1},
}
"""One identifier of a contact, as in `POST /contacts/v3/delete`; `forget` asks to remember the person by hash."""
