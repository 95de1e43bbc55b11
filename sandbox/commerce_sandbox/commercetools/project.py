"""The project's settings as they are at present."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.settings import CommercetoolsSettings
    from commerce_sandbox.commercetools.store import Document

CatalogModel = Literal["Classic", "Modular"]

_DEFAULT_MESSAGE_DAYS = 15


class Features(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of the project's settings that can be switched while it runs.

    Attributes:
        messages_enabled: Messages are kept and can be queried.
        messages_delete_days_after_creation: How long they are kept, 1 to 90 days.
        product_catalog_model: Variants inside products (Classic) or as resources of their own (Modular).
    """

    messages_enabled: bool
    messages_delete_days_after_creation: Annotated[int, msgspec.Meta(ge=1, le=90)]
    product_catalog_model: CatalogModel


class Project:
    """The project's settings.

    Args:
        generated: The settings as the shop has them.
        settings: How the emulated project behaves; what it leaves open is as in the shop.

    Attributes:
        features: What is switched on at present.
    """

    def __init__(self, generated: Document, settings: CommercetoolsSettings) -> None:
        self._generated = {**generated, "key": settings.project_key}
        self._in_shop = _features_of(generated)
        chosen = {
            "messages_enabled": settings.messages_enabled,
            "messages_delete_days_after_creation": settings.messages_delete_days_after_creation,
            "product_catalog_model": settings.product_catalog_model,
        }
        in_shop = msgspec.structs.asdict(self._in_shop)
        self._at_start = msgspec.convert(
            {**in_shop, **{name: value for name, value in chosen.items() if value is not None}}, Features
        )
        self.features = self._at_start

    @property
    def is_modular(self) -> bool:
        """Whether variants are resources of their own."""
        return self.features.product_catalog_model == "Modular"

    def document(self) -> Document:
        """Return the settings as ``GET /{projectKey}`` answers them."""
        if self.features == self._in_shop:
            return self._generated
        messages = {
            "enabled": self.features.messages_enabled,
            "deleteDaysAfterCreation": self.features.messages_delete_days_after_creation,
        }
        return {
            **self._generated,
            "messages": {**self._generated.get("messages", {}), **messages},
            "productCatalogModel": self.features.product_catalog_model,
        }

    def reset(self) -> None:
        """Return to what was switched on at start."""
        self.features = self._at_start


def _features_of(generated: Document) -> Features:
    messages = generated.get("messages", {})
    return Features(
        messages_enabled=messages.get("enabled", False),
        messages_delete_days_after_creation=messages.get("deleteDaysAfterCreation", _DEFAULT_MESSAGE_DAYS),
        product_catalog_model=generated.get("productCatalogModel", "Classic"),
    )
