"""What messages say of other changed resources: carts, categories, lists, reviews, quotes, recurring orders, texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.change import Payload, Update, added, present, when_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.commercetools.store import Document


def cart_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed cart.

    commercetools: there is none for a cart that is created, filled, left behind or deleted.
    """
    old, new = update.before.get("cartState"), update.after.get("cartState")
    if (old, new) == ("Active", "Frozen"):
        yield {"type": "CartFrozen"}
    elif (old, new) == ("Frozen", "Active"):
        yield {"type": "CartUnfrozen"}


def category_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed category."""
    yield from when_changed(
        update, "slug", lambda new, old: {"type": "CategorySlugChanged", "slug": new, **present(oldSlug=old)}
    )


def shopping_list_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed shopping list."""
    old, new = update.lists("lineItems")
    for line in added(old, new):
        yield {"type": "ShoppingListLineItemAdded", "lineItem": line}
    for line in added(new, old):
        yield {"type": "ShoppingListLineItemRemoved", "lineItem": line}


def review_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed review."""
    review = update.after
    statistics = {
        "includedInStatistics": review.get("includedInStatistics", True),
        **present(target=review.get("target")),
    }
    yield from when_changed(
        update,
        "rating",
        lambda new, old: {"type": "ReviewRatingSet", **present(newRating=new, oldRating=old), **statistics},
    )


def state_changed(message_type: str, field: str, name: str) -> Callable[[Update], Iterator[Payload]]:
    """Return what yields the message of a resource whose state is another than before.

    Args:
        message_type: Type of the message.
        field: Member of the resource that has the state.
        name: Member of the message that has the new one; the old one's is ``old`` and this.
    """
    old_name = f"old{name[0].upper()}{name[1:]}"

    def updated(update: Update) -> Iterator[Payload]:
        return when_changed(update, field, lambda new, old: {"type": message_type, name: new, old_name: old})

    return updated


def tailored(tailoring: Document) -> Document:
    """Return the members that say which product and store a tailoring is for."""
    return present(store=tailoring.get("store"), product=tailoring.get("product"))


def tailoring_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed product tailoring."""
    if update.changed("published"):
        message_type = "ProductTailoringPublished" if update.after.get("published") else "ProductTailoringUnpublished"
        yield {"type": message_type, **tailored(update.after)}
