"""How a letter to somebody begins, worked out from their title, name and language (“Chère Madame Dupont”)."""

from app.kernel.text import fold

MRS, MISS, MR, DOCTOR = "mrs", "miss", "mr", "doctor"
TITLES = {
    "mme": MRS, "madame": MRS, "mrs": MRS, "ms": MRS, "श्रीमती": MRS,
    "mlle": MISS, "mademoiselle": MISS, "miss": MISS, "सुश्री": MISS,
    "m": MR, "mr": MR, "monsieur": MR, "श्री": MR, "श्रीमान": MR, "श्रीमान्": MR,
    "dr": DOCTOR, "docteur": DOCTOR, "doctor": DOCTOR, "डा": DOCTOR, "डाक्टर": DOCTOR,
}  # fmt: skip
WITH_TITLE = {
    "fr": {MRS: "Chère Madame {}", MISS: "Chère Mademoiselle {}", MR: "Cher Monsieur {}", DOCTOR: "Docteur {}"},
    "en": {MRS: "Dear Mrs {}", MISS: "Dear Miss {}", MR: "Dear Mr {}", DOCTOR: "Dear Dr {}"},
    "ne": {MRS: "आदरणीय श्रीमती {}", MISS: "आदरणीय सुश्री {}", MR: "आदरणीय श्री {}", DOCTOR: "आदरणीय डा. {}"},
}
WITH_NAME = {"fr": "Bonjour {}", "en": "Dear {}", "ne": "आदरणीय {}"}
NOBODY_KNOWN = {"fr": "Madame, Monsieur", "en": "Dear Sir or Madam", "ne": "आदरणीय महोदय"}


def salutation_of(*, title: str, given: str, family: str, language: str) -> str:
    """How a letter to a person begins, without the comma, in their language (else in English).

    A title we know and a family name: Chère Madame Dupont; "Ms" stays "Ms". Else the given name (Bonjour Maya), or
    the only name there is. Without any name: Madame, Monsieur.
    """
    code = language if language in WITH_NAME else "en"
    known = TITLES.get(title.strip().rstrip(".").casefold()) or TITLES.get(fold(title).rstrip("."))
    if known and family:
        pattern = "Dear Ms {}" if code == "en" and fold(title).rstrip(".") == "ms" else WITH_TITLE[code][known]
        return pattern.format(" ".join(family.split()))
    name = " ".join((given or family).split())
    return WITH_NAME[code].format(name) if name else NOBODY_KNOWN[code]


def salutation_to_group(language: str) -> str:
    """How a letter to an organisation, or to a household without a greeting, begins, without the comma."""
    return NOBODY_KNOWN.get(language, NOBODY_KNOWN["en"])
