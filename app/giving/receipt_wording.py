"""Every word our receipts print, by form and language.

These are not in the translation catalogues: a receipt freezes the words it was issued with, and the French forms
are French by law whatever the reader's language. `words_for` is read once, when a receipt's content is built.
"""

import re
from enum import StrEnum
from functools import cache

Words = dict[str, str]


class ReceiptKind(StrEnum):
    """Which form the receipt follows: 2041-RD (CERFA 11580), 2041-MEC-SD (CERFA 16216), or none."""

    FR_PERSON = "fr_person"
    FR_COMPANY = "fr_company"
    PLAIN = "plain"


class GiftForm(StrEnum):
    """How the gift was made in law; the boxes of the French forms."""

    DEED = "deed"
    PRIVATE_DEED = "private_deed"
    HAND_GIFT = "hand_gift"
    OTHER = "other"


class GiftNature(StrEnum):
    """What was given."""

    MONEY = "money"
    SHARES = "shares"
    WAIVED_INCOME = "waived_income"
    VOLUNTEER_EXPENSES = "volunteer_expenses"
    GOODS = "goods"
    SERVICES = "services"


class PaidBy(StrEnum):
    """How money came in."""

    CARD = "card"
    DIRECT_DEBIT = "direct_debit"
    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CASH = "cash"
    WALLET = "wallet"
    PLATFORM = "platform"
    OTHER = "other"


FORMS_FR = {
    GiftForm.DEED: "Acte authentique",
    GiftForm.PRIVATE_DEED: "Acte sous seing privé",
    GiftForm.HAND_GIFT: "Déclaration de don manuel",
    GiftForm.OTHER: "Autre",
}
_NATURES = {
    "fr": (
        "Numéraire", "Titres de sociétés cotés", "Abandon de revenus ou de produits",
        "Frais engagés par un bénévole qui renonce à leur remboursement", "Don en nature",
        "Prestation ou mise à disposition de personnel",
    ),
    "en": ("Money", "Shares", "Waived income", "Volunteer’s expenses, waived", "Goods", "Services"),
    "ne": ("नगद", "शेयर", "छाडिएको आम्दानी", "स्वयंसेवकको छाडिएको खर्च", "जिन्सी सामान", "सेवा"),
}  # fmt: skip
NATURES = {language: dict(zip(GiftNature, texts, strict=True)) for language, texts in _NATURES.items()}
_METHODS = {
    "fr": (
        "Carte bancaire", "Prélèvement", "Virement", "Chèque", "Remise d’espèces",
        "Carte bancaire (portefeuille mobile)", "Plateforme de paiement en ligne", "Autre",
    ),
    "en": (
        "Card", "Direct debit", "Bank transfer", "Cheque", "Cash", "Mobile wallet", "Online platform", "Other",
    ),
    "ne": (
        "कार्ड", "बैंक खाताबाट सोझै", "बैंक ट्रान्सफर", "चेक", "नगद", "मोबाइल वालेट", "अनलाइन प्लेटफर्म", "अन्य",
    ),
}  # fmt: skip
METHODS = {language: dict(zip(PaidBy, texts, strict=True)) for language, texts in _METHODS.items()}

_FRENCH_FORM: Words = {
    "number": "Numéro d’ordre du reçu",
    "issuer": "Bénéficiaire des versements",
    "issuer_name": "Nom de l’organisme",
    "address": "Adresse",
    "siren": "Numéro SIREN",
    "rna": "Numéro RNA",
    "purpose": "Objet",
    "category": "Qualité de l’organisme",
    "recognition": "Reconnaissance",
    "donor": "Donateur",
    "donor_name": "Nom et prénom",
    "gift": "Don",
    "in_words": "Somme en toutes lettres :",
    "date": "Date du versement ou du don",
    "date_short": "Date",
    "period": "Période des versements",
    "form": "Forme du don",
    "nature": "Nature du don",
    "method": "Mode de versement",
    "description": "Description",
    "amount": "Montant",
    "total": "Total",
    "lines": "Détail des versements",
    "from_to": "du {first} au {last}",
    "done_at": "Fait à {place}, le {date}",
    "done_on": "Fait le {date}",
    "signature": "Signature",
    "signature_alt": "Signature de {name}",
    "logo_alt": "Logo de {name}",
    "replaces": "Ce reçu annule et remplace le reçu n° {number}.",
    "keep": "Conservez ce reçu : l’administration fiscale peut vous le demander.",
    "mark_copy": "DUPLICATA",
    "notice_copy": "Copie du reçu délivré le {date}, conforme à l’original.",
    "mark_void": "ANNULÉ",
    "notice_void": "Ce reçu est annulé : il n’ouvre droit à aucune réduction d’impôt.",
    "mark_specimen": "SPÉCIMEN",
    "notice_specimen": "Document de démonstration, sans valeur fiscale.",
}
_FR_PERSON: Words = _FRENCH_FORM | {
    "title": "Reçu des dons et versements effectués par les particuliers",
    "subtitle": "{articles} du code général des impôts (CGI)",
    "acknowledges": "Le bénéficiaire reconnaît avoir reçu, au titre des dons et versements ouvrant droit à "
    "réduction d’impôt, la somme de :",
    "honour": "Le bénéficiaire certifie sur l’honneur que les dons et versements qu’il reçoit ouvrent droit à la "
    "réduction d’impôt prévue {at_articles} du code général des impôts (CGI).",
    "model": "Mentions du formulaire n° 2041-RD (CERFA n° 11580*05).",
}
_FR_COMPANY: Words = _FRENCH_FORM | {
    "title": "Reçu des dons et versements effectués par les entreprises",
    "subtitle": "{articles} du code général des impôts (CGI)",
    "issuer": "Organisme bénéficiaire",
    "donor": "Entreprise donatrice",
    "donor_name": "Dénomination",
    "legal_form": "Forme juridique",
    "acknowledges_money": "Le bénéficiaire reconnaît avoir reçu de l’entreprise donatrice, en numéraire, la somme de :",
    "acknowledges_kind": "Le bénéficiaire reconnaît avoir reçu de l’entreprise donatrice, en nature, les biens et "
    "services décrits ci-dessous, dont la valeur déclarée par l’entreprise est de :",
    "acknowledges_both": "Le bénéficiaire reconnaît avoir reçu de l’entreprise donatrice, en numéraire et en nature, "
    "des dons et versements d’un montant total de :",
    "valuation": "La valeur des dons en nature est déterminée par l’entreprise donatrice, sous sa seule "
    "responsabilité ; le bénéficiaire atteste les avoir reçus et acceptés, sans les évaluer.",
    "honour": "Le bénéficiaire certifie sur l’honneur que les dons et versements qu’il reçoit ouvrent droit à la "
    "réduction d’impôt prévue {at_articles} du code général des impôts (CGI).",
    "model": "Mentions du formulaire n° 2041-MEC-SD (CERFA n° 16216*02).",
}
_PLAIN_FR: Words = _FRENCH_FORM | {
    "title": "Reçu de don",
    "number": "Reçu n°",
    "issuer": "Organisme",
    "registration": "Enregistrement",
    "donor_name": "Nom",
    "acknowledges": "Nous vous remercions de votre don et certifions avoir reçu la somme de :",
    "acknowledges_kind": "Nous vous remercions de votre don et certifions avoir reçu :",
    "date": "Date du don",
    "period": "Période",
    "lines": "Détail des dons",
    "method": "Mode de paiement",
    "nothing_in_return": "Aucun bien ni service n’a été fourni en contrepartie de ce don.",
    "in_return": "En contrepartie de ce don, le donateur a reçu : {benefits}",
    "keep": "Conservez ce reçu. C’est la loi de votre pays qui dit si ce don réduit votre impôt.",
    "notice_void": "Ce reçu est annulé et n’a plus de valeur.",
}
_PLAIN_EN: Words = {
    "title": "Donation receipt",
    "number": "Receipt no.",
    "issuer": "Organisation",
    "issuer_name": "Name",
    "address": "Address",
    "siren": "SIREN number",
    "rna": "RNA number",
    "registration": "Registration",
    "purpose": "Purpose",
    "donor": "Donor",
    "donor_name": "Name",
    "gift": "Gift",
    "acknowledges": "We thank you for your gift and confirm that we have received the sum of:",
    "acknowledges_kind": "We thank you for your gift and confirm that we have received:",
    "in_words": "In words:",
    "date_short": "Date",
    "date": "Date of the gift",
    "period": "Period",
    "nature": "Given",
    "method": "Paid by",
    "description": "Description",
    "amount": "Amount",
    "total": "Total",
    "lines": "The gifts in detail",
    "nothing_in_return": "No goods or services were provided in return for this gift.",
    "in_return": "In return for this gift the donor received: {benefits}",
    "from_to": "{first} to {last}",
    "done_at": "{place}, {date}",
    "done_on": "{date}",
    "signature": "Signature",
    "signature_alt": "Signature of {name}",
    "logo_alt": "Logo of {name}",
    "replaces": "This receipt cancels and replaces receipt no. {number}.",
    "keep": "Please keep this receipt. The law of your country says whether the gift reduces your tax.",
    "mark_copy": "COPY",
    "notice_copy": "Copy of the receipt issued on {date}, true to the original.",
    "mark_void": "VOID",
    "notice_void": "This receipt has been cancelled and is no longer valid.",
    "mark_specimen": "SPECIMEN",
    "notice_specimen": "For demonstration only: not valid for tax purposes.",
}
_PLAIN_NE: Words = {
    "title": "दान प्राप्तिको रसिद",
    "number": "रसिद नं.",
    "issuer": "संस्था",
    "issuer_name": "नाम",
    "address": "ठेगाना",
    "siren": "SIREN नं.",
    "rna": "RNA नं.",
    "registration": "दर्ता नं.",
    "purpose": "उद्देश्य",
    "donor": "दाता",
    "donor_name": "नाम",
    "gift": "दान",
    "acknowledges": "तपाईंको दानका लागि हार्दिक धन्यवाद। हामीले प्राप्त गरेको रकम:",
    "acknowledges_kind": "तपाईंको दानका लागि हार्दिक धन्यवाद। हामीले प्राप्त गरेको दान:",
    "in_words": "अक्षरमा:",
    "date_short": "मिति",
    "date": "दानको मिति",
    "period": "अवधि",
    "nature": "दानको प्रकार",
    "method": "भुक्तानीको माध्यम",
    "description": "विवरण",
    "amount": "रकम",
    "total": "जम्मा",
    "lines": "दानको विवरण",
    "nothing_in_return": "यस दानको बदलामा कुनै वस्तु वा सेवा प्रदान गरिएको छैन।",
    "in_return": "यस दानको बदलामा दाताले प्राप्त गरेको: {benefits}",
    "from_to": "{first} देखि {last} सम्म",
    "done_at": "{place}, {date}",
    "done_on": "{date}",
    "signature": "हस्ताक्षर",
    "signature_alt": "{name} को हस्ताक्षर",
    "logo_alt": "{name} को लोगो",
    "replaces": "यो रसिदले रसिद नं. {number} लाई रद्द गरी प्रतिस्थापन गर्दछ।",
    "keep": "कृपया यो रसिद सुरक्षित राख्नुहोस्। यस दानले कर घटाउँछ कि घटाउँदैन भन्ने तपाईंको देशको कानुनले तोक्छ।",
    "mark_copy": "प्रतिलिपि",
    "notice_copy": "{date} मा जारी गरिएको रसिदको सक्कलबमोजिमको प्रतिलिपि।",
    "mark_void": "रद्द",
    "notice_void": "यो रसिद रद्द गरिएको छ; यो अब मान्य छैन।",
    "mark_specimen": "नमुना",
    "notice_specimen": "प्रदर्शनका लागि मात्र; कर प्रयोजनका लागि मान्य छैन।",
}


def french_spacing(text: str) -> str:
    """The text with the unbreakable spaces that French typography wants before : ; ? ! » and after « and n°."""
    text = re.sub(r" ([:»])", "\u00a0\\1", text)
    text = re.sub(r" ([;?!])", "\u202f\\1", text)
    return re.sub(r"(«|\bn°) ", "\\1\u00a0", text)


@cache
def words_for(kind: ReceiptKind, language: str) -> Words:
    """The words of a receipt, with places in braces still to fill. The French forms are always in French.

    The same dictionary each time: whoever fills it copies it.

    Raises:
        ValueError: a language we have no words in.

    """
    plain = {"fr": _PLAIN_FR, "en": _PLAIN_EN, "ne": _PLAIN_NE}
    if kind is ReceiptKind.PLAIN and language not in plain:
        raise ValueError(f"No receipt in {language!r}")
    words = {ReceiptKind.FR_PERSON: _FR_PERSON, ReceiptKind.FR_COMPANY: _FR_COMPANY}.get(kind) or plain[language]
    french = kind is not ReceiptKind.PLAIN or language == "fr"
    return {key: french_spacing(text) if french else text for key, text in words.items()}
