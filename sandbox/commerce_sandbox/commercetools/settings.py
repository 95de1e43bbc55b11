"""How the emulated commercetools project behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.project import CatalogModel


@dataclass(frozen=True, slots=True)
class CommercetoolsSettings:
    """The project, its API client and its limits.

    Attributes:
        project_key: Key of the only project.
        client_id: Id of the only API client.
        client_secret: Its secret.
        scopes: Names of the client's scopes without project key (``view_orders``; ``view_orders:de-web`` for one store
            only); None gives it the view scope of everything that is served.
        token_seconds: How long a token lives; commercetools: 48 hours.
        max_url_bytes: Longest request target accepted; longer ones get 413 with an HTML page. commercetools: about
            300 ids in one predicate still pass, more do not.
        compress: Answer with gzip when the client accepts it.
        messages_enabled: Messages are kept and can be queried; None: as the shop's project settings say.
        messages_delete_days_after_creation: How long messages are kept, 1 to 90 days; None: as the shop says.
        message_history: A generated shop begins with the messages of the days before it starts.
        product_catalog_model: ``Classic`` or ``Modular``; None: as the shop says.
    """

    project_key: str = "sandbox-shop"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - made up, and printed in the documentation
    scopes: tuple[str, ...] | None = None
    token_seconds: int = 172_800
    max_url_bytes: int = 16_384
    compress: bool = True
    messages_enabled: bool | None = None
    messages_delete_days_after_creation: int | None = None
    message_history: bool = True
    product_catalog_model: CatalogModel | None = None
