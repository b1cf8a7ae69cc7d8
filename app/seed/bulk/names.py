"""What invented people are called: names of France (many of them rare), of Nepal in both scripts, of Britain."""

from dataclasses import dataclass
from functools import cache

from app.contacts.rules.romanising import romanise
from app.kernel.text import fold


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written and as keys hold it: folded letter by letter, folded as it is spoken, without spaces."""

    text: str
    folded: str
    spoken: str
    local: str


def name_of(text: str) -> Name:
    """A name with its keys."""
    spoken = fold(romanise(text))
    return Name(text, fold(text), spoken, "".join(sign for sign in spoken if sign.isalnum()))


FRENCH_GIVEN = (
    "Marie", "Jean", "Éloïse", "Gérard", "Maïlys", "Jean-François", "Anaïs", "Thibault", "Hélène", "Benoît", "Clémence",
    "Rémi", "Solène", "Loïc", "Marguerite", "Étienne", "Inès", "Gaëlle", "Aurélien", "Noémie", "Hugo", "Françoise",
    "Jérôme", "Léa", "Mathieu", "Odile", "Pascal", "Quitterie", "Raphaël", "Sabine", "Théo", "Valérie", "Yann", "Zoé",
    "Camille", "Louise", "Jules", "Élodie", "Émilie", "Chloé", "Manon", "Lucas", "Nathan", "Agnès", "André", "Béatrice",
    "Bernard", "Brigitte", "Cécile", "Christophe", "Claire", "Cédric", "Denis", "Désirée", "Edmée", "Fabrice",
    "Florence", "Frédéric", "Geneviève", "Guillaume", "Henri", "Irène", "Isabelle", "Jacqueline", "Joëlle", "Josiane",
    "Julien", "Karine", "Laëtitia", "Laurent", "Lucie", "Madeleine", "Marc", "Martine", "Maxime", "Michèle", "Monique",
    "Nicolas", "Noël", "Olivier", "Patrice", "Paule", "Pierre", "Anne-Laure", "Marie-Thérèse", "Régine", "René",
    "Sébastien", "Simone", "Stéphane", "Suzanne", "Sylvie", "Thérèse", "Véronique", "Violette", "Xavier", "Yves",
)  # fmt: skip
FRENCH_FAMILY = (
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent", "Simon",
    "Michel", "Lefebvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard", "Bonnet", "Dupont",
    "Lambert", "Fontaine", "Rousseau", "Vincent", "Muller", "Lefèvre", "Faure", "André", "Mercier", "Blanc", "Guérin",
    "Boyer", "Garnier", "Chevalier", "François", "Legrand", "Gauthier", "Garcia", "Perrin", "Robin", "Clément",
    "Morin", "Nicolas", "Henry", "Roussel", "Mathieu", "Gautier", "Masson", "Marchand", "Duval", "Denis", "Dumont",
    "Marie", "Lemaire", "Noël", "Meyer", "Dufour", "Meunier", "Brun", "Blanchard", "Giraud", "Joly", "Rivière",
    "Lucas", "Brunet", "Gaillard", "Barbier", "Arnaud", "Martinez", "Gérard", "Roche", "Renard", "Schmitt", "Roy",
    "Leroux", "Colin", "Vidal", "Caron", "Picard", "Roger", "Fabre", "Aubert", "Lemoine", "Renaud", "Dumas", "Lacroix",
    "Olivier", "Philippe", "Bourgeois", "Pierre", "Benoît", "Rey", "Leclerc", "Payet", "Rolland", "Leclercq",
    "Guillaume", "Lecomte", "López", "Jean", "Dupuy", "Guillot", "Hubert", "Berger", "Carpentier", "Sánchez", "Dupuis",
    "Moulin", "Louis", "Deschamps", "Huet", "Vasseur", "Pérez", "Boucher", "Fleury", "Royer", "Klein", "Jacquet",
    "d’Hérouville", "Çelik", "O’Connor", "Nguyen", "Béranger", "Etcheverry", "Kerloc’h", "Quéméneur", "Pélissier",
    "Traoré", "Saint-Aubin", "Le Goff", "Le Gall", "Yildiz", "Zimmermann", "Da Silva", "Ben Amar", "de La Rivière",
)  # fmt: skip
FIRST = (
    "Beau", "Mont", "Roche", "Val", "Font", "Cham", "Gran", "Mar", "Car", "Del", "Bou", "Cor", "Dor", "Fau", "Gau",
    "Lan", "Mau", "Per", "Ren", "Sau", "Tour", "Vau", "Bar", "Ber", "Bri", "Cha", "Cou", "Fer", "Gui", "Hau", "Jau",
    "Lar", "Mon", "Nau", "Pou", "Que", "Rou", "Sal", "Tré", "Vil",
)  # fmt: skip
MIDDLE = ("", "del", "gué", "lan", "ri", "te")
LAST = (
    "champ", "fort", "mont", "val", "neuve", "court", "ville", "sac", "gnac", "deau", "nier", "land", "lard", "det",
    "chin", "ron", "belle", "leix", "nault", "doux", "bry", "meuil", "zac", "dillon", "veret", "rot", "nière", "baud",
    "guet", "zier", "querel", "gnon", "bert", "dier", "massy", "rieux", "san", "vier", "loup", "fray",
)  # fmt: skip
NEPALI_GIVEN = (
    ("Ram", "राम"), ("Sita", "सीता"), ("Hari", "हरि"), ("Gita", "गीता"), ("Laxmi", "लक्ष्मी"), ("Krishna", "कृष्ण"),
    ("Kamala", "कमला"), ("Gopal", "गोपाल"), ("Maya", "माया"), ("Nisha", "निशा"), ("Prakash", "प्रकाश"),
    ("Suresh", "सुरेश"), ("Ramesh", "रमेश"), ("Anita", "अनिता"), ("Sunita", "सुनिता"), ("Bishnu", "विष्णु"),
    ("Dipendra", "दीपेन्द्र"), ("Pemba", "पेम्बा"), ("Nirmala", "निर्मला"), ("Sarita", "सरिता"), ("Rajesh", "राजेश"),
    ("Kumar", "कुमार"), ("Devi", "देवी"), ("Binod", "विनोद"), ("Santosh", "सन्तोष"), ("Manisha", "मनिषा"),
    ("Rekha", "रेखा"), ("Uma", "उमा"), ("Shanti", "शान्ति"), ("Narayan", "नारायण"), ("Arjun", "अर्जुन"),
    ("Bhawani", "भवानी"), ("Chandra", "चन्द्र"), ("Dawa", "दावा"), ("Ganesh", "गणेश"), ("Indira", "इन्दिरा"),
    ("Jyoti", "ज्योति"), ("Kabita", "कविता"), ("Lhamo", "ल्हामो"), ("Mohan", "मोहन"), ("Pasang", "पासाङ"),
    ("Puja", "पूजा"), ("Radha", "राधा"), ("Samjhana", "सम्झना"), ("Tika", "टीका"), ("Yam Bahadur", "यम बहादुर"),
    ("Ram Bahadur", "राम बहादुर"), ("Man Maya", "मन माया"),
)  # fmt: skip
NEPALI_FAMILY = (
    ("Shrestha", "श्रेष्ठ"), ("Gurung", "गुरुङ"), ("Tamang", "तामाङ"), ("Magar", "मगर"), ("Sherpa", "शेर्पा"),
    ("Thapa", "थापा"), ("Karki", "कार्की"), ("Sharma", "शर्मा"), ("Adhikari", "अधिकारी"), ("Rai", "राई"),
    ("Limbu", "लिम्बू"), ("Maharjan", "महर्जन"), ("Bhattarai", "भट्टराई"), ("Poudel", "पौडेल"), ("Khadka", "खड्का"),
    ("Basnet", "बस्नेत"), ("Acharya", "आचार्य"), ("Koirala", "कोइराला"), ("Pandey", "पाण्डे"), ("Joshi", "जोशी"),
    ("Rana", "राणा"), ("Bista", "बिष्ट"), ("Lama", "लामा"), ("Pradhan", "प्रधान"), ("Dahal", "दाहाल"),
    ("Ghimire", "घिमिरे"), ("Neupane", "न्यौपाने"), ("Regmi", "रेग्मी"), ("Subedi", "सुवेदी"), ("Chaudhary", "चौधरी"),
    ("Yadav", "यादव"), ("Bajracharya", "बज्राचार्य"), ("Shakya", "शाक्य"), ("Manandhar", "मानन्धर"),
    ("Tuladhar", "तुलाधर"),
    ("Oli", "ओली"), ("Budhathoki", "बुढाथोकी"), ("Pariyar", "परियार"), ("Bishwakarma", "विश्वकर्मा"), ("Chhetri", "क्षेत्री"),
)  # fmt: skip
BRITISH_GIVEN = (
    "Fiona", "Oliver", "Amelia", "George", "Isla", "Harry", "Siân", "Rhys", "Zoë", "Alasdair", "Priya", "Imogen",
    "Callum", "Niamh", "Eleanor", "Freya", "Graham", "Hamish", "Jemima", "Keith", "Lorna", "Moira", "Nigel", "Poppy",
    "Rosalind", "Stuart", "Tamsin", "Vikram", "Winifred", "Bethan",
)  # fmt: skip
BRITISH_FAMILY = (
    "Smith", "Jones", "Taylor", "Williams", "Brown", "Davies", "Evans", "Wilson", "Thomas", "Roberts", "Johnson",
    "McAllister", "MacDonald", "O’Neill", "Campbell", "Patel", "Ahmed", "Fitzgerald", "Llewellyn", "Ashworth",
    "Blackwood", "Carruthers", "Drummond", "Entwistle", "Fairbairn", "Gilchrist", "Hargreaves", "Kirkpatrick",
    "Lockwood", "Montgomery", "Pemberton", "Ramsbottom", "Sutherland", "Thistlethwaite", "Whitaker",
)  # fmt: skip
GROUPS = (
    ("Boulangerie {}", "SARL"), ("Fondation {}", "Fondation"), ("Ateliers {}", "SAS"),
    ("Cabinet {} & Associés", "SELARL"),
    ("Librairie {}", "EURL"), ("Pharmacie {}", "SELARL"), ("Transports {}", "SA"), ("Les Amis de {}", "Association"),
    ("Imprimerie {}", "SAS"), ("Domaine {} et Fils", "SCEA"),
)  # fmt: skip


@cache
def names_of(origin: str) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    """(given names, family names) of "fr", "ne", "deva" (Nepal's own script) or "en"; the commonest first."""
    if origin == "fr":
        rare = (f"{first}{middle}{last}" for middle in MIDDLE for first in FIRST for last in LAST)
        return _each(FRENCH_GIVEN), _each((*FRENCH_FAMILY, *rare))
    if origin == "en":
        return _each(BRITISH_GIVEN), _each(BRITISH_FAMILY)
    script = int(origin == "deva")
    return _each(pair[script] for pair in NEPALI_GIVEN), _each(pair[script] for pair in NEPALI_FAMILY)


def _each(texts: object) -> tuple[Name, ...]:
    return tuple(map(name_of, texts))  # type: ignore[call-overload]
