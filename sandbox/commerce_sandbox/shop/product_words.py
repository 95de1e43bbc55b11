"""What the shop sells, in words: kinds of products and the names given to them."""

# ruff: noqa: RUF001 - letters of many alphabets are what these texts are for

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductKind:
    """A kind of product.

    Attributes:
        category: Key of its leaf category.
        product_type: Key of the product type that holds its attributes.
        code: First part of its article numbers.
        nouns: Locale to what it is called.
        euro_cents: Lowest and highest shelf price.
        sizes: Sizes its variants come in, empty when it has none.
        tax_category: Key of the tax category.
    """

    category: str
    product_type: str
    code: str
    nouns: dict[str, str]
    euro_cents: tuple[int, int]
    sizes: tuple[str, ...] = ()
    tax_category: str = "standard"


_SHOE_SIZES = ("38", "39", "40", "41", "42", "43", "44½")
_CLOTHES_SIZES = ("XS", "S", "M", "L", "XL", "3XL")

PRODUCT_KINDS = (
    ProductKind(
        "trail-shoes",
        "footwear",
        "TRL",
        {"en": "Trail shoe", "de": "Trailschuh", "fr": "Chaussure de trail", "ja": "トレイルシューズ"},
        (6900, 18900),
        _SHOE_SIZES,
    ),
    ProductKind(
        "winter-boots",
        "footwear",
        "WBT",
        {"en": "Winter boot", "de": "Winterstiefel", "fr": "Botte d’hiver"},
        (8900, 24900),
        _SHOE_SIZES,
    ),
    ProductKind(
        "rain-jackets",
        "apparel",
        "RNJ",
        {"en": "Rain jacket", "de": "Regenjacke", "fr": "Veste de pluie", "ja": "レインジャケット"},
        (7900, 32900),
        _CLOTHES_SIZES,
    ),
    ProductKind(
        "socks",
        "apparel",
        "SCK",
        {"en": "Wool socks", "de": "Wollsocken", "fr": "Chaussettes"},
        (790, 2490),
        ("M", "L"),
    ),
    ProductKind(
        "shirts", "apparel", "SHT", {"en": "Shirt", "de": "Hemd", "fr": "Chemise"}, (2900, 8900), _CLOTHES_SIZES
    ),
    ProductKind(
        "tents", "equipment", "TNT", {"en": "Tent", "de": "Zelt", "fr": "Tente", "ja": "テント"}, (14900, 79900)
    ),
    ProductKind(
        "backpacks", "equipment", "BPK", {"en": "Backpack", "de": "Rucksack", "fr": "Sac à dos"}, (4900, 22900)
    ),
    ProductKind("small-parts", "equipment", "PRT", {"de": "Zeltschraube", "en": "Tent screw"}, (300, 900)),
    ProductKind(
        "books",
        "book",
        "BOK",
        {"en": "Hiking guide", "de": "Wanderführer", "fr": "Guide de randonnée", "ja": "ハイキングガイド"},
        (990, 3490),
        tax_category="reduced",
    ),
)

PEAKS = (
    "Fels",
    "Watzmann",
    "Großglockner",
    "Säntis",
    "Mont Aiguille",
    "L’Étoile",
    "Ben Nevis",
    "Sgùrr nan Gillean",
    "Śnieżka",
    "Ağrı",
    "Þórsmörk",
    "Fuji 富士",
    "Denali",
    "Nanga Parbat",
    "Zugspitze „Süd“",
    "Tom & Jerry's Knob",
    "K2 <Pro>",
    "Čiovo",
)

DESCRIPTIONS = {
    "en": 'Light, tough & dry. Tested on {peak}; "best in class" said the <b>Mountain Post</b>. 100% wool-free.',
    "de": "Griffig und leicht. Geprüft am {peak}; „Klassenbester“, meint die Bergzeitung. Größe fällt groß aus.",
    "fr": "Léger, robuste, sec. Testé à {peak} ; « le meilleur » selon la presse. Idéal dès l’été.",
    "ja": "軽くて丈夫。{peak}でテスト済み。",
}

CARE = {"en": "Wash at 30°C", "de": "Bei 30 °C waschen", "fr": "Laver à 30 °C"}
AUTHORS = ("Zoë Brontë", "J. R. Müller", "Émile d’Arc", "村上 一郎", "Nguyễn Thị Hoa", "أمل يوسف")
