"""Why an Insight record is not stored, in the words of an import report."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The vendor's failure reasons, as far as the rules can produce them."""

    CLIENT_KEY = "InvalidClientKey"
    CONTACT_IDENTIFIER = "InvalidContactIdentifier"
    CONTACT_IDENTIFIER_TYPE = "InvalidContactIdentifierType"
    UNKNOWN_EMAIL = "ContactEmailDoesNotExist"
    UNKNOWN_CONTACT_ID = "ContactIdDoesNotExist"
    UNKNOWN_PHONE_NUMBER = "ContactPhoneNumberDoesNotExist"
    UNKNOWN_CUSTOM_IDENTIFIER = "ContactCustomIdentifierValueDoesNotExist"
    DUPLICATE_KEY = "DuplicateKey"
    KEY_OF_OTHER_CONTACT = "KeyExistingForDifferentContact"
    INVALID_JSON = "InvalidJson"
    NESTED_ARRAY = "JsonContainsNestedArray"
    NAME_TOO_LONG = "JsonKeyTooLong"
    NAME_CHARACTERS = "JsonKeyInvalidCharacters"
    DASH_UNDERSCORE_CLASH = "JsonContainsDashUnderscoreClash"
    TEXT_TOO_LONG = "JsonValueTooLong"
    NUMBER_TOO_LARGE = "JsonNumberValueTooLarge"
    TOO_MANY_NAMES = "TooManyDistinctKeyValuePairs"
    MIXED_LIST = "InconsistentTypes"
    SCHEMA_CLASH = "JsonValueIncompatibleWithSchema"
    MISSING_COLLECTION = "MissingCollection"


class RecordRefusedError(Exception):
    """A record that was not stored.

    Attributes:
        reason: The vendor's failure reason.
        details: What is wrong, property by property; never holds a value.
    """

    def __init__(self, reason: Reason, *details: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.details = details
