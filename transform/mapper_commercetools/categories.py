"""The categories of a product: their names, and the paths on which shoppers find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_commercetools.localization import localized_text
from mapper_commercetools.outcomes import RejectRecordError
from mapper_commercetools.source_values import Record, nested, nested_list, reference_ids, text

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Category:
    """What is kept of a category.

    Attributes:
        name: Localized name, as the platform keeps it.
        ancestors: UUIDs of the categories above it, root first.
    """

    name: Any
    ancestors: tuple[str, ...]


CategoryTree = dict[str, Category]
"""UUID → category."""


@dataclass(frozen=True, slots=True)
class ProductCategory:
    """A category that a product is in; what is not known is None.

    Attributes:
        id: UUID.
        name: Name in the market's language if there is one.
        path: Names from the root down to it: `Men > Shoes > Trail`; only if the tree is known.
    """

    id: str
    name: str | None
    path: str | None


def read_category(category: Record) -> Category:
    """Read a record of the stream `categories`, or an expanded reference to one."""
    return Category(category.get("name"), tuple(reference_ids(category, "ancestors")))


def product_categories(
    current: Record, tree: CategoryTree | None, locales: tuple[str, ...]
) -> tuple[ProductCategory, ...]:
    """Return the categories of a product, in its own order.

    A category that the tree lacks, because it was deleted or made a moment ago, is known as far as the reference is
    expanded; an ancestor that it lacks is left out of the path.

    Args:
        current: The product's current data.
        tree: The categories read so far; None if paths are not wanted.
        locales: Preference for names.

    Raises:
        RejectRecordError: If paths are wanted and no category was read at all.
    """
    references = [reference for reference in nested_list(current, "categories") if text(reference, "id")]
    if references and tree is not None and not tree:
        message = (
            "masterData.current.categories: no categories were read before it; setting catalog.category_paths needs "
            "the stream categories whole in each run"
        )
        raise RejectRecordError(message)
    return tuple(_product_category(reference, tree, locales) for reference in references)


def category_path(category: Category, tree: Mapping[str, Category], locales: tuple[str, ...]) -> str | None:
    """Return the names from the root down to a category, each category once; None if none of them has a name."""
    known = (tree.get(ancestor) for ancestor in dict.fromkeys(category.ancestors))
    above = (localized_text(ancestor.name, locales) for ancestor in known if ancestor is not None)
    names = [name for name in (*above, localized_text(category.name, locales)) if name]
    return _SEPARATOR.join(names) or None


def _product_category(reference: Record, tree: CategoryTree | None, locales: tuple[str, ...]) -> ProductCategory:
    identifier = reference["id"]
    category = (tree or {}).get(identifier) or read_category(nested(reference, "obj"))
    path = None if tree is None else category_path(category, tree, locales)
    return ProductCategory(identifier, localized_text(category.name, locales), path)
