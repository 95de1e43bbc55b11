"""How the emulated commercetools project behaves."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    project_key: str = "sandbox-shop"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - made up, and printed in the documentation
    scopes: tuple[str, ...] | None = None
    token_seconds: int = 172_800
    max_url_bytes: int = 16_384
    compress: bool = True
