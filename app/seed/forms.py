"""The charity's giving forms: one that everybody is shown, and one for the winter."""

from sqlalchemy.orm import Session

from app.giving.models import FeeCover, FormFund, GivingForm
from app.kernel import audit
from app.kernel.actors import SYSTEM
from app.seed.charity import Charity

MAIN = {
    "fr": {
        "title": "Soutenez Planète Népal",
        "intro": "Chaque don aide une jeune fille à **rester à l’école** et une femme à **repartir libre**.",
        "thanks": "Votre don part à Katmandou. Grâce à vous, une jeune fille continue l’école.",
        "mail": "Grâce à vous, la maison d’accueil reste ouverte toute l’année.",
    },
    "en": {
        "title": "Stand by Planète Népal",
        "intro": "Every gift helps a girl **stay at school** and a woman **start again, free**.",
        "thanks": "Your gift is on its way to Kathmandu. Thanks to you, a girl stays at school.",
        "mail": "Thanks to you, the safe house stays open all year.",
    },
    "ne": {
        "title": "प्लानेट नेपाललाई साथ दिनुहोस्",
        "intro": "हरेक सहयोगले एक बालिकालाई **विद्यालयमा रहन** र एक महिलालाई **स्वतन्त्र भई अघि बढ्न** मद्दत गर्छ।",
        "thanks": "तपाईंको सहयोग काठमाडौं जाँदैछ। तपाईंको कारण एक बालिका विद्यालयमा रहन्छिन्।",
        "mail": "तपाईंको कारण सुरक्षित घर वर्षभरि खुला रहन्छ।",
    },
}
WINTER = {
    "fr": {
        "title": "Un hiver au chaud",
        "intro": "Couvertures, bois, repas : 50 € chauffent un dortoir pendant une semaine.",
        "thanks": "Merci de tout cœur.",
        "mail": "",
    },
    "en": {
        "title": "A warm winter",
        "intro": "Blankets, firewood, meals: €50 heats a dormitory for a week.",
        "thanks": "Thank you from all our hearts.",
        "mail": "",
    },
}
DRAFT = {
    "fr": {
        "title": "L’atelier de couture",
        "intro": "Des machines, du tissu, une formatrice.",
        "thanks": "",
        "mail": "",
    },
}


def open_forms(db: Session, charity: Charity) -> int:
    """Make the forms and publish two of them; how many."""
    forms = [_main(charity), _winter(charity), _draft(charity)]
    db.add_all(forms)
    db.flush()
    for form in forms[:2]:
        form.publish()
        audit.note(db, SYSTEM, "giving_form.published", form)
    return len(forms)


def _funds(charity: Charity, *codes: str) -> list[FormFund]:
    return [FormFund(fund_id=charity.funds[code].id, place=place) for place, code in enumerate(codes)]


def _main(charity: Charity) -> GivingForm:
    return GivingForm(
        name="Main form", slug="soutenir", languages=["fr", "en", "ne"], texts=MAIN,
        presets_once=[20_00, 50_00, 100_00, 250_00], presets_recurring=[10_00, 15_00, 25_00, 50_00],
        smallest_minor=1_00, largest_minor=10_000_00, intervals=["month", "quarter", "year"],
        asks=["phone", "address", "company", "tribute", "comment", "anonymous", "term"],
        consent_purposes=["news:email", "appeals:post"], fee_cover=FeeCover.OFFERED,
        funds=_funds(charity, "GEN", "EDU", "SHE", "WRK"),
    )  # fmt: skip


def _winter(charity: Charity) -> GivingForm:
    campaign = next(each for code, each in charity.campaigns.items() if code.startswith("HIVER"))
    return GivingForm(
        name="Winter appeal", slug="hiver", languages=["fr", "en"], texts=WINTER, presets_once=[50_00, 100_00, 150_00],
        presets_recurring=[10_00, 20_00], smallest_minor=1_00, largest_minor=5_000_00, intervals=["month"],
        asks=["address", "anonymous"], consent_purposes=["news:email"], goal_minor=60_000_00, shows_progress=True,
        campaign_id=campaign.id, funds=_funds(charity, "SHE"), embed_origins=["https://planete-nepal.example"],
    )  # fmt: skip


def _draft(charity: Charity) -> GivingForm:
    return GivingForm(
        name="Sewing workshop (draft)", slug="atelier", languages=["fr"], texts=DRAFT, presets_once=[30_00, 60_00],
        funds=_funds(charity, "WRK"),
    )  # fmt: skip
