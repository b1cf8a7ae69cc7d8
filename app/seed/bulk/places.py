"""Where invented people live: towns with their true postcodes, and phone numbers kept for fiction."""

from dataclasses import dataclass
from functools import cache
from random import Random

from app.contacts.rules.postal import postcode_key
from app.kernel.text import fold

FRENCH_TOWNS = (
    *((f"750{number:02}", "Paris", 5) for number in range(1, 21)),
    *((f"6900{number}", "Lyon", 4) for number in range(1, 10)),
    *((f"130{number:02}", "Marseille", 3) for number in range(1, 17)),
    ("31000", "Toulouse", 14), ("44000", "Nantes", 12), ("67000", "Strasbourg", 10), ("33000", "Bordeaux", 11),
    ("59800", "Lille", 10), ("35000", "Rennes", 9), ("29200", "Brest", 6), ("34000", "Montpellier", 9),
    ("21000", "Dijon", 6), ("06000", "Nice", 9), ("38000", "Grenoble", 8), ("42000", "Saint-Étienne", 6),
    ("74000", "Annecy", 5), ("76000", "Rouen", 5), ("51100", "Reims", 5), ("49000", "Angers", 6), ("37000", "Tours", 5),
    ("87000", "Limoges", 4), ("63000", "Clermont-Ferrand", 5), ("54000", "Nancy", 5), ("57000", "Metz", 4),
    ("80000", "Amiens", 4), ("14000", "Caen", 4), ("92120", "Montrouge", 3), ("92100", "Boulogne-Billancourt", 5),
    ("93100", "Montreuil", 4), ("94300", "Vincennes", 3), ("78000", "Versailles", 4), ("91300", "Massy", 2),
    ("66000", "Perpignan", 3), ("64000", "Pau", 3), ("17000", "La Rochelle", 3), ("56000", "Vannes", 2),
    ("22000", "Saint-Brieuc", 2), ("86000", "Poitiers", 3), ("45000", "Orléans", 3), ("25000", "Besançon", 3),
    ("73000", "Chambéry", 3), ("26000", "Valence", 2), ("84000", "Avignon", 3), ("83000", "Toulon", 4),
    ("20000", "Ajaccio", 1), ("97400", "Saint-Denis", 2),
)  # fmt: skip
NEPALI_TOWNS = (
    ("44600", "Kathmandu", 12),
    ("44700", "Lalitpur", 6),
    ("44800", "Bhaktapur", 4),
    ("33700", "Pokhara", 6),
    ("44200", "Bharatpur", 3),
    ("56613", "Biratnagar", 3),
    ("32907", "Butwal", 2),
    ("56700", "Dharan", 2),
    ("44300", "Birgunj", 2),
    ("45600", "Janakpur", 2),
    ("21900", "Nepalgunj", 1),
    ("44107", "Hetauda", 1),
)
BRITISH_TOWNS = (
    ("EH1 1RE", "Edinburgh", 3), ("M1 1AE", "Manchester", 3), ("LS1 3AD", "Leeds", 2), ("BS1 4TR", "Bristol", 2),
    ("CF10 1EP", "Cardiff", 2), ("G1 1XQ", "Glasgow", 2), ("SW1A 2AA", "London", 4), ("N1 9GU", "London", 4),
    ("OX1 2JD", "Oxford", 1), ("CB2 1TN", "Cambridge", 1), ("BT1 5GS", "Belfast", 1), ("YO1 7HH", "York", 1),
)  # fmt: skip
FRENCH_STREETS = (
    "rue des Lilas", "avenue de la République", "boulevard Voltaire", "place du Marché", "chemin des Écoliers",
    "rue de l’Abbé-Grégoire", "impasse des Tisserands", "quai de la Fosse", "allée des Platanes", "rue Victor-Hugo",
    "rue du Moulin", "rue de l’Église", "avenue Jean-Jaurès", "rue Pasteur", "cours Gambetta",
)  # fmt: skip
NEPALI_STREETS = ("Lazimpat Road", "Jawalakhel", "Pulchowk", "Boudha Marg", "Thamel Marg", "Ward", "Lakeside")
BRITISH_STREETS = ("Long Street", "Church Lane", "Station Road", "High Street", "Mill Hill", "Queen’s Road")
FRENCH_ZONES = (
    ("6", "39 98"), ("6", "39 98"), ("1", "99 00"), ("2", "61 91"), ("3", "53 01"), ("4", "65 71"), ("5", "36 49"),
)  # fmt: skip
"""Numbers that ARCEP keeps for films and books, with their zone."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town, and how searches see it."""

    postcode: str
    city: str
    postcode_key: str
    city_key: str


@cache
def places_of(country: str) -> tuple[tuple[Town, ...], tuple[str, ...]]:
    """(towns, as often as they are lived in; streets) of "FR", "NP" or "GB"."""
    towns, streets = {
        "FR": (FRENCH_TOWNS, FRENCH_STREETS), "NP": (NEPALI_TOWNS, NEPALI_STREETS),
        "GB": (BRITISH_TOWNS, BRITISH_STREETS),
    }[country]  # fmt: skip
    made = [(Town(code, city, postcode_key(code), fold(city)), many) for code, city, many in towns]
    return tuple(town for town, many in made for _ in range(many)), streets


def number_in(country: str, dice: Random) -> tuple[str, str, str]:
    """(in E.164, as it is typed, its digits) of an invented phone number."""
    chance = int(dice.random() * 10_000)
    if country == "FR":
        zone, block = FRENCH_ZONES[chance % 7]
        first, last = divmod(int(dice.random() * 10_000), 100)
        typed = f"0{zone} {block} {first:02} {last:02}"
        digits = typed.replace(" ", "")
        return f"+33{digits[1:]}", typed, digits
    if country == "NP":
        digits = f"984100{chance:04}"
        return f"+977{digits}", f"984-100{chance:04}", digits
    digits = f"07700900{chance % 1000:03}"
    return f"+44{digits[1:]}", f"07700 900{chance % 1000:03}", digits
