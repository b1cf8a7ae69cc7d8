"""The charity itself: who it is, who works there, its funds and campaigns."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.accounts.queries.staff import all_roles
from app.accounts.services import StaffDetails, create_staff
from app.funds.models import Campaign, Fund, Restriction
from app.funds.services import CampaignDetails, FundDetails, record_campaign, record_fund
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime, the_organisation

STAFF = (
    ("admin@planete-nepal.example", "Mathilde Aubry", "Administrator", "fr"),
    ("fundraiser@planete-nepal.example", "Prakash Adhikari", "Fundraiser", "en"),
    ("finance@planete-nepal.example", "Geneviève Roussel", "Finance", "fr"),
    ("reader@planete-nepal.example", "निशा गुरुङ", "Reader", "ne"),
)
FUNDS = (
    ("GEN", "Where it is needed most", Restriction.UNRESTRICTED,
     {"fr": "Là où c’est le plus utile", "en": "Where it is needed most", "ne": "जहाँ सबैभन्दा बढी आवश्यक छ"}),
    ("EDU", "Schooling in Sindhupalchok", Restriction.RESTRICTED,
     {"fr": "L’école à Sindhupalchok", "en": "Schooling in Sindhupalchok", "ne": "सिन्धुपाल्चोकमा विद्यालय शिक्षा"}),
    ("SHE", "Safe house in Kathmandu", Restriction.RESTRICTED,
     {"fr": "La maison d’accueil de Katmandou", "en": "Safe house in Kathmandu", "ne": "काठमाडौंको सुरक्षित घर"}),
    ("WRK", "Sewing workshop", Restriction.TEMPORARY,
     {"fr": "L’atelier de couture", "en": "Sewing workshop", "ne": "सिलाई कार्यशाला"}),
)  # fmt: skip


@dataclass(frozen=True)
class Charity:
    """What the rest of the story refers to."""

    funds: dict[str, Fund]
    campaigns: dict[str, Campaign]


def found_charity(db: Session, password: str, today: date) -> Charity:
    """Fill in the organisation, and give it staff, funds and campaigns."""
    _fill_in_organisation(db)
    roles = {role.name: role for role in all_roles(db)}
    for email, name, role, language in STAFF:
        details = StaffDetails(email=email, name=name, language=language, roles=[roles[role]], password=password)
        create_staff(db, details, actor=SYSTEM)
    funds = {
        code: record_fund(
            db, FundDetails(code=code, name=name, restriction=restriction, public_names=names), actor=SYSTEM
        )
        for code, name, restriction, names in FUNDS
    }
    return Charity(funds, _campaigns(db, today))


def _fill_in_organisation(db: Session) -> None:
    organisation = the_organisation(db)
    organisation.name, organisation.legal_name = "Planète Népal", "Association Planète Népal"
    organisation.legal_form, organisation.siren, organisation.rna = "Association loi 1901", "999999998", "W751234567"
    organisation.street, organisation.postcode, organisation.city = "12 rue des Lilas", "75011", "Paris"
    organisation.purpose = (
        "Prévenir la traite des êtres humains au Népal, accueillir et accompagner les femmes et les enfants qui en "
        "ont été victimes, et favoriser leur scolarité et leur formation."
    )
    organisation.receipt_category = "Œuvre ou organisme d’intérêt général"
    organisation.tax_regime = TaxRegime.FR_GENERAL_INTEREST
    organisation.signatory_name, organisation.signatory_role = "Mathilde Aubry", "Présidente"
    organisation.language, organisation.email = "fr", "bonjour@planete-nepal.example"
    organisation.sender_address, organisation.website = "dons@planete-nepal.example", "https://planete-nepal.example"
    organisation.phone = "01 99 00 12 34"
    organisation.tagline = {
        "fr": "Association loi 1901 · Paris et Katmandou",
        "en": "A charity in Paris and Kathmandu",
        "ne": "पेरिस र काठमाडौंको संस्था",
    }


def _campaigns(db: Session, today: date) -> dict[str, Campaign]:
    plans = (
        CampaignDetails(code=f"HIVER{today.year}", name=f"Winter appeal {today.year}", goal=Money(60_000_00, "EUR"),
                        starts_on=date(today.year, 10, 1), ends_on=date(today.year, 12, 31)),
        CampaignDetails(code=f"RENTREE{today.year}", name=f"Back to school {today.year}", goal=Money(25_000_00, "EUR"),
                        starts_on=date(today.year, 8, 15), ends_on=date(today.year, 10, 15)),
        CampaignDetails(code=f"HIVER{today.year - 1}", name=f"Winter appeal {today.year - 1}",
                        goal=Money(50_000_00, "EUR"), starts_on=date(today.year - 1, 10, 1),
                        ends_on=date(today.year - 1, 12, 31)),
    )  # fmt: skip
    return {plan.code: record_campaign(db, plan, actor=SYSTEM) for plan in plans}
