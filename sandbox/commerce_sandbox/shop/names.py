"""Names of people and firms in many alphabets, and where they live."""
# ruff: noqa: RUF001 - letters of many alphabets are what these texts are for

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_sandbox.shop.dice import Dice


@dataclass(frozen=True, slots=True)
class Place:
    """A town to live in; region is the state where addresses name one."""

    country: str
    city: str
    postal_codes: tuple[str, ...]
    streets: tuple[str, ...]
    phone: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """What people of one market are called and where they live."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    salutations: tuple[str, ...]
    places: tuple[Place, ...]


_STREETS_DE = ("Lindenweg", "Königstraße", "Am Großen Graben", "Straße des 17. Juni", "Bürgermeister-Schüßler-Weg")
_STREETS_FR = ("rue de l’Église", "avenue Général-de-Gaulle", "impasse du Château d’Eau", "cours Émile-Zola")
_STREETS_GB = ("High Street", "St. Mary's Road", "Upper Brook Lane", "Llanfair Way")
_STREETS_US = ("Main St", "Martin Luther King Jr. Blvd", "Peña Ave", "O'Farrell St")
_STREETS_JP = ("銀座", "梅田", "栄町", "大通西")

POPULATIONS = {
    "de": Population(
        ("Ada", "Jürgen", "Käthe", "Björn", "Zoë", "Anna-Lena", "Karl-Heinz", "Özlem", "Paweł", "Jörg", "Şükrü", "Mia"),
        (
            "Kern",
            "Müller",
            "Groß",
            "Strauß",
            "von der Heide",
            "Yılmaz",
            "Łukaszewski",
            "Öztürk",
            "Schäfer-Böhm",
            "Weiß",
            "İnan",
            "Żółkiewski",
        ),
        ("Frau", "Herr"),
        (
            Place("DE", "Köln", ("50667", "51063"), _STREETS_DE, "+4922155501"),
            Place("DE", "München", ("80331", "81929"), _STREETS_DE, "+498955501"),
            Place("DE", "Görlitz", ("02826",), _STREETS_DE, "+49358155501"),
            Place("AT", "Sankt Pölten", ("3100",), _STREETS_DE, "+43274255501"),
            Place("AT", "Wien", ("1010", "1220"), _STREETS_DE, "+43155501"),
        ),
    ),
    "fr": Population(
        ("Élodie", "François", "Anaïs", "Jean-Baptiste", "Loïc", "Hélène", "Çağla", "Cœurine", "Noël", "Maëlys"),
        ("D'Angelo", "Lefèvre", "de l’Étoile", "Nguyễn", "Çelik", "Benoît", "Le Goff", "Œuvrard", "Ben Saïd"),
        ("Mme", "M."),
        (
            Place("FR", "Besançon", ("25000",), _STREETS_FR, "+33381555"),
            Place("FR", "Paris", ("75001", "75018"), _STREETS_FR, "+33155550"),
            Place("FR", "L’Haÿ-les-Roses", ("94240",), _STREETS_FR, "+33155551"),
        ),
    ),
    "uk": Population(
        ("Siân", "Aoife", "Seán", "Nia", "Oliver", "Amelia-Rose", "Llŷr", "Zainab", "Björk"),
        ("O'Connor", "Llewellyn-Jones", "Ní Bhriain", "McAllister", "Smith", "Okonkwo", "St. John", "D’Souza"),
        ("Ms", "Mr", "Dr"),
        (
            Place("GB", "London", ("SW1A 1AA", "E1 6AN"), _STREETS_GB, "+442079460"),
            Place("GB", "Ynys Môn", ("LL58 8AB",), _STREETS_GB, "+441632960"),
            Place("GB", "Edinburgh", ("EH1 1YZ",), _STREETS_GB, "+441314960"),
        ),
    ),
    "us": Population(
        ("José", "Renée", "Latoya", "María José", "Xiùlán", "Brandon", "Sinéad", "Kai", "DeShawn"),
        ("Peña", "O'Neil", "Smith Jr.", "Garcia-Lopez", "Nakamura", "Van Der Berg", "Kaʻawa", "Müller"),
        ("Ms", "Mr", "Mx"),
        (
            Place("US", "San José", ("95113",), _STREETS_US, "+14085550", "CA"),
            Place("US", "New York", ("10001", "10128"), _STREETS_US, "+12125550", "NY"),
            Place("US", "Cañon City", ("81212",), _STREETS_US, "+17195550", "CO"),
        ),
    ),
    "jp": Population(
        ("太郎", "花子", "さくら", "ケンジ", "陽葵", "𠮷平"),
        ("山田", "佐藤", "髙橋", "タナカ", "小林", "𠮷野"),
        ("様",),
        (
            Place("JP", "東京都中央区", ("104-0061",), _STREETS_JP, "+81355550", "東京都"),
            Place("JP", "大阪市", ("530-0001",), _STREETS_JP, "+81655550", "大阪府"),
        ),
    ),
}

UNUSUAL_NAMES: tuple[tuple[str, str | None], ...] = (
    ("محمد", "الأحمد"),
    ("דָּוִד", "כהן-לוי"),
    ("小龙", "李"),
    ("Sukarno", None),
    ("Zoe\u0308", "Mu\u0308ller"),  # the dots as combining marks of their own
    ("Владимир", "Іваненко"),
    ("Νίκη", "Παπαδοπούλου"),
    ("Jean-Émile-Maximilien-Barthélemy", "von und zu Hohenstein-Waldenburg-Schillingsfürst"),
    ("null", "Null"),
    ('Bobby "Tables"', "O’Drop; --"),
    ("X Æ", "=1+1"),
    ("ประเสริฐ", "ศรีสุข"),
)
"""First and last names seldom met in a test and often met in life."""

COMPANIES = (
    "🌿 Grün & Söhne GmbH 👩\u200d🌾",
    "Kern Outdoor",
    "Société Générale d’Équipement S.A.R.L.",
    "O'Reilly, Smith & Co. Ltd.",
    "株式会社山登り",
    "ООО «Турист»",
)


def ascii_letters(text: str) -> str:
    """Return the plain small letters of a name, as a mail address would use them; empty when it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "".join(letter for letter in plain.lower() if letter.isalpha())


def draw_name(dice: Dice, market: str) -> tuple[str, str | None]:
    """Return a first and last name usual in the market, one in twelve unusual; the last name may be missing."""
    if dice.chance(1 / 12):
        return dice.pick(UNUSUAL_NAMES)
    population = POPULATIONS[market]
    return dice.pick(population.first_names), dice.pick(population.last_names)
