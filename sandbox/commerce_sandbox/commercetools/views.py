"""How a request sees the rows: those of its store or container, published or not, as projections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.product_views import product_view, projection_view
from commerce_sandbox.commercetools.resource_types import SELECTION_MEMBERS
from commerce_sandbox.commercetools.targets import PRODUCTS, PROJECTIONS

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.query import Parameters
    from commerce_sandbox.commercetools.result_page import View
    from commerce_sandbox.commercetools.store import Document, Store
    from commerce_sandbox.commercetools.targets import Target

_HEAD = ("id", "version", "createdAt", "lastModifiedAt")


def view_of(
    target: Target, parameters: Parameters, store: Store, now: int, *, only_published: bool, modular: bool
) -> View | None:
    """Return how a request sees a row; None if as it is.

    Args:
        target: What is asked for.
        parameters: The request's query parameters.
        store: The project's resources.
        now: The present, in microseconds since the epoch.
        only_published: The token may not see drafts of products.
        modular: Variants are resources of their own.

    Raises:
        ApiError: 400 if a parameter is malformed.
    """
    if target.resource_type.path == PROJECTIONS:
        return projection_view(parameters, now, modular=modular)
    if target.resource_type.path == PRODUCTS:
        return product_view(parameters, now, only_published=only_published, modular=modular)
    if target.resource_type is SELECTION_MEMBERS:
        return _members_view(target, store)
    if target.container is not None:
        container = target.container
        return lambda document: document if document.get("container") == container else None
    if target.store_key is not None:
        store_key = target.store_key
        return lambda document: document if _belongs_to(document, store_key) else None
    return None


def _belongs_to(document: Document, store_key: str) -> bool:
    references = [document.get("store"), *document.get("stores", ()), *document.get("inheritedStores", ())]
    return any(isinstance(reference, dict) and reference.get("key") == store_key for reference in references)


def _members_view(target: Target, store: Store) -> View:
    """Return the view of the members of one selection, or of those that are active in a store."""
    if target.selection is not None:
        kind, value = target.selection
        chosen = {row["id"] for row in store.all("product-selections") if row.get(kind) == value}
        hidden: tuple[str, ...] = (*_HEAD, "productSelection")
    else:
        stores = (row for row in store.all("stores") if row.get("key") == target.store_key)
        settings = [setting for row in stores for setting in row.get("productSelections", ())]
        chosen = {setting["productSelection"]["id"] for setting in settings if setting["active"]}
        hidden = _HEAD

    def view(member: Document) -> Document | None:
        if member["productSelection"]["id"] not in chosen:
            return None
        return {name: value for name, value in member.items() if name not in hidden}

    return view
