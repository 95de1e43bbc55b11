"""The category tree: three levels, localized, with gaps in some languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document


@dataclass(frozen=True, slots=True)
class CategoryPlan:
    """A category to make: key, key of its parent, and its name by locale."""

    key: str
    parent: str | None
    name: dict[str, str]


CATEGORY_PLANS = (
    CategoryPlan("shoes", None, {"en": "Shoes", "de": "Schuhe", "fr": "Chaussures", "ja": "靴"}),
    CategoryPlan("trail-shoes", "shoes", {"en": "Trail shoes", "de": "Trailschuhe", "fr": "Chaussures de trail"}),
    CategoryPlan("boots", "shoes", {"en": "Boots", "de": "Stiefel", "fr": "Bottes"}),
    CategoryPlan("winter-boots", "boots", {"en": "Winter boots", "de": "Winterstiefel"}),
    CategoryPlan("clothing", None, {"en": "Clothing", "de": "Kleidung", "fr": "Vêtements", "ja": "衣類"}),
    CategoryPlan("jackets", "clothing", {"en": "Jackets", "de": "Jacken", "fr": "Vestes", "ja": "ジャケット"}),
    CategoryPlan("rain-jackets", "jackets", {"en": "Rain jackets", "de": "Regenjacken", "fr": "Imperméables"}),
    CategoryPlan("socks", "clothing", {"en": "Socks", "de": "Socken", "fr": "Chaussettes", "ja": "靴下"}),
    CategoryPlan("shirts", "clothing", {"en": "Shirts", "de": "Hemden", "fr": "Chemises"}),
    CategoryPlan("equipment", None, {"en": "Equipment", "de": "Ausrüstung", "fr": "Équipement"}),
    CategoryPlan("tents", "equipment", {"en": "Tents", "de": "Zelte", "fr": "Tentes", "ja": "テント"}),
    CategoryPlan("backpacks", "equipment", {"en": "Backpacks", "de": "Rucksäcke", "fr": "Sacs à dos"}),
    CategoryPlan("small-parts", "equipment", {"de": "Kleinteile", "en": "Small parts"}),
    CategoryPlan("books", None, {"en": "Books & maps", "de": "Bücher & Karten", "fr": "Livres et cartes"}),
    CategoryPlan("sale", None, {"en": "Sale", "de": "Angebote", "fr": "Soldes"}),
)

_PARENTS = {plan.key: plan.parent for plan in CATEGORY_PLANS}


def ancestor_keys(key: str) -> list[str]:
    """Return the keys of a category's ancestors, root first."""
    keys: list[str] = []
    parent = _PARENTS[key]
    while parent is not None:
        keys.insert(0, parent)
        parent = _PARENTS[parent]
    return keys


def categories(founded: int) -> list[Document]:
    """Return the category tree."""
    documents = []
    for place, plan in enumerate(CATEGORY_PLANS):
        document = head(fixed_identifier("category", plan.key), 3, founded, founded) | {
            "key": plan.key,
            "externalId": f"pim-{100 + place}",
            "name": plan.name,
            "slug": {locale: f"{plan.key}-{locale}" for locale in plan.name},
            "ancestors": [fixed_reference("category", key) for key in ancestor_keys(plan.key)],
            "orderHint": f"0.{place + 10}",
            "assets": [],
        }
        if plan.parent is not None:
            document["parent"] = fixed_reference("category", plan.parent)
        if place % 2 == 0:
            document["description"] = {"en": f"All about {plan.name['en'].lower()}."}
        documents.append(document)
    return documents
