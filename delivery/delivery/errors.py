"""Errors that end a run, each with one line for the person who reads it."""

from __future__ import annotations

from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException


class DeliveryError(Exception):
    """A run that cannot go on; its text is the one line shown.

    Attributes:
        exit_code: What the process ends with.
    """

    exit_code = 1


class SettingsError(DeliveryError):
    """A setting is missing or wrong; the text names it and says what to do."""


class InvalidInput(DeliveryError):
    """A line of input is not a Singer message; the text names the line number, never its content."""


class RecordBeforeSchema(InvalidInput, RecordsWithoutSchemaException):
    """A record came before the schema of its stream."""


class AccessRefused(DeliveryError):
    """The service refuses these credentials or this account."""


class ServiceUnavailable(DeliveryError):
    """The service cannot be reached, or goes on failing after all tries."""


class ServiceFailing(ServiceUnavailable):
    """The service can be reached and answers one request with a server fault at every try.

    It may be down, or it may be that request that it cannot bear: other requests tell.

    Attributes:
        status: The HTTP status of the last answer.
        asks_to_wait: Whether the service asked for time, which no single request is to blame for.
    """

    def __init__(self, text: str, status: int, *, asks_to_wait: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.asks_to_wait = asks_to_wait


class ServiceThrottled(ServiceUnavailable):
    """The service goes on refusing a request because of its rate limit."""


class StreamStopped(DeliveryError):
    """Nothing more of a stream can be delivered, for a reason that no other record would escape."""


class NotKept(DeliveryError):
    """Something that the run must keep or hand on could not be written: rejected records, states, its summary."""


class RejectLimitExceeded(DeliveryError):
    """Everything was read and settled, but more records were rejected than `max_rejects` allows."""


class KeyPropertiesMissing(RejectLimitExceeded, MissingKeyPropertiesError):
    """As above, and among the rejected records some lack a key property their schema announces."""


class Interrupted(DeliveryError):
    """The run was told to stop before its input had ended."""

    def __init__(self, signal_number: int | None = None) -> None:
        super().__init__(
            "stopped before the end of the input; records without an outcome are sent again by the next run"
        )
        if signal_number is not None:
            self.exit_code = 128 + signal_number
