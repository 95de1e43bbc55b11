"""The project's own settings, as far as they decide how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_commercetools.json_pieces import mended

if TYPE_CHECKING:
    from tap_commercetools.page import Record

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class _MessageSettings(msgspec.Struct):
    enabled: bool
    deleteDaysAfterCreation: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 15  # noqa: N815 - the platform's name


class _ProjectSettings(msgspec.Struct):
    key: str
    messages: _MessageSettings
    productCatalogModel: str = "Classic"  # noqa: N815 - the platform's name


@dataclass(frozen=True, slots=True)
class Project:
    """A project's settings.

    Attributes:
        record: All of them, as the platform sent them.
        messages_enabled: Whether the project keeps messages for queries; off unless somebody switched it on.
        message_days: How long it keeps them, in days.
        modular: Whether variants are resources of their own (catalogue model Modular) instead of parts of products.
    """

    record: Record
    messages_enabled: bool
    message_days: int
    modular: bool

    @classmethod
    def read(cls, content: bytes, key: str) -> Project:
        """Read the answer that tells the settings.

        Args:
            content: Its body.
            key: The project's key.

        Raises:
            msgspec.DecodeError: If it is not the JSON expected, or of another project.
        """
        content = mended(content)
        settings = msgspec.json.decode(content, type=_ProjectSettings)
        if settings.key != key:
            message = "the settings of another project"
            raise msgspec.ValidationError(message)
        return cls(
            record=_DECODER.decode(content),
            messages_enabled=settings.messages.enabled,
            message_days=settings.messages.deleteDaysAfterCreation,
            modular=settings.productCatalogModel == "Modular",
        )
