"""Channels and the message types in them, which a project's administrators set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

_CREATED_AT_MS: Final = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Channel:
    """A medium with a purpose.

    Attributes:
        channel_id: Number that identifies it.
        name: For people.
        channel_type: What may be sent through it.
        medium: How it reaches people.
    """

    channel_id: int
    name: str
    channel_type: Literal["Marketing", "Transactional"]
    medium: Literal["Email", "Push", "SMS"]


@dataclass(frozen=True, slots=True)
class MessageType:
    """A kind of message within a channel.

    Attributes:
        type_id: Number that identifies it.
        name: For people.
        channel_id: The channel it belongs to.
        policy: Whether people get it until they leave, or only once they join.
        created_at_ms: Creation time, epoch milliseconds.
    """

    type_id: int
    name: str
    channel_id: int
    policy: Literal["OptIn", "OptOut"]
    created_at_ms: int = _CREATED_AT_MS


def _default_channels() -> dict[int, Channel]:
    channels = (
        Channel(101, "Marketing Email", "Marketing", "Email"),
        Channel(102, "Transactional Email", "Transactional", "Email"),
        Channel(103, "Marketing SMS", "Marketing", "SMS"),
    )
    return {channel.channel_id: channel for channel in channels}


def _default_message_types() -> dict[int, MessageType]:
    types = (
        MessageType(41, "Newsletter", 101, "OptOut"),
        MessageType(57, "Product News", 101, "OptOut"),
        MessageType(60, "Order Updates", 102, "OptOut"),
        MessageType(71, "SMS Offers", 103, "OptIn"),
        MessageType(88, "Back in Stock", 101, "OptIn"),
    )
    return {message_type.type_id: message_type for message_type in types}


@dataclass(frozen=True, slots=True)
class Channels:
    """A project's channels and message types by id.

    Attributes:
        channels: Channels by id.
        message_types: Message types by id.
    """

    channels: dict[int, Channel] = field(default_factory=_default_channels)
    message_types: dict[int, MessageType] = field(default_factory=_default_message_types)

    @property
    def list_channel_id(self) -> int:
        """The channel that ``channelUnsubscribe`` leaves: the first marketing channel for e-mail."""
        return min(
            channel.channel_id
            for channel in self.channels.values()
            if channel.channel_type == "Marketing" and channel.medium == "Email"
        )
