"""The charity's donors and what they gave over two years: cheques, transfers and cash, each through the services."""

from dataclasses import dataclass
from datetime import date
from random import Random

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind
from app.contacts.services import (
    AddressDetails,
    ContactDetails,
    EmailDetails,
    PhoneDetails,
    add_note,
    record_contact,
)
from app.funds.models import Campaign
from app.giving.models import ReceiptChoice
from app.giving.services.gifts import OfflineGift, record_offline_gift
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from app.kernel.text import fold
from app.payments.models import Method
from app.seed import people
from app.seed.charity import Charity

AMOUNTS = (15_00, 20_00, 30_00, 30_00, 50_00, 50_00, 50_00, 80_00, 100_00, 100_00, 150_00, 250_00)
METHODS = (Method.CHEQUE, Method.CHEQUE, Method.CHEQUE, Method.TRANSFER, Method.TRANSFER, Method.CASH)


@dataclass(frozen=True)
class Habit:
    """How a donor gives: the usual amount in cents, how often a year, in which of two years, always in which month."""

    contact: Contact
    amount_minor: int
    times: int
    last_year: bool
    this_year: bool
    month: int | None = None


def meet_donors(db: Session, dice: Random) -> list[Habit]:
    """Everybody the charity knows."""
    found = [_companion(db, dice, index) for index in range(96)]
    found += [_nepali(db, dice, person) for person in people.NEPALI]
    found += [_other(db, person) for person in people.OTHERS]
    found += [_company(db, dice, company) for company in people.COMPANIES]
    household = ContactDetails(
        kind=ContactKind.HOUSEHOLD, group_name="Famille Etcheverry-Dubois", language="fr",
        emails=(EmailDetails(address="famille.etcheverry@exemple.example", is_primary=True),),
        addresses=(_address(dice),),
    )  # fmt: skip
    found.append(Habit(record_contact(db, household, actor=SYSTEM), 120_00, 2, last_year=True, this_year=True))
    add_note(db, found[0].contact, "Met at the autumn concert. Would like to visit the workshop.", actor=SYSTEM)
    return found


def give_for_two_years(db: Session, dice: Random, charity: Charity, habits: list[Habit], today: date) -> int:
    """Let them give from last January until today, in the order of the days; how many gifts that makes."""
    plan = sorted(
        (
            (day, index)
            for index, habit in enumerate(habits)
            for year, gives in ((today.year - 1, habit.last_year), (today.year, habit.this_year))
            if gives
            for day in _days(dice, year, habit, today)
        )
    )
    for day, index in plan:
        _give(db, dice, charity, habits[index], day)
    return len(plan)


def _days(dice: Random, year: int, habit: Habit, today: date) -> list[date]:
    """Days of a year on which somebody gives; winter is the season. Days to come are left out."""
    months = dice.choices(range(1, 13), weights=(3, 2, 3, 3, 3, 3, 2, 2, 4, 5, 8, 14), k=habit.times)
    days = [date(year, habit.month or month, dice.randint(1, 28)) for month in months]
    return [day for day in days if day <= today]


def _give(db: Session, dice: Random, charity: Charity, habit: Habit, day: date) -> None:
    amount = Money(habit.amount_minor, "EUR")
    codes = dice.choices(["GEN", "EDU", "SHE", "WRK"], weights=(6, 3, 3, 1), k=1)
    shares = [(charity.funds[codes[0]].id, amount)]
    if amount.minor >= 100_00 and dice.random() < 0.15:
        first, second = amount.split([2, 1])
        shares = [(charity.funds["EDU"].id, first), (charity.funds["SHE"].id, second)]
    method = Method.TRANSFER if habit.contact.kind is ContactKind.ORGANISATION else dice.choice(METHODS)
    campaign = _campaign_of(charity, day)
    gift = OfflineGift(
        contact=habit.contact, amount=amount, received_on=day, method=method, shares=shares,
        bank_reference=str(dice.randint(1_000_000, 9_999_999)) if method is Method.CHEQUE else "",
        campaign_id=campaign.id if campaign else None,
        receipt_choice=ReceiptChoice.EACH if day.month >= 10 else ReceiptChoice.YEARLY,
    )  # fmt: skip
    record_offline_gift(db, gift, actor=SYSTEM)


def _campaign_of(charity: Charity, day: date) -> Campaign | None:
    for each in charity.campaigns.values():
        if each.starts_on and each.ends_on and each.starts_on <= day <= each.ends_on:
            return each
    return None


def _address(dice: Random) -> AddressDetails:
    postcode, city = dice.choice(people.TOWNS)
    street = f"{dice.randint(1, 120)} {dice.choice(people.STREETS)}"
    return _place(street, postcode, city, "FR")


def _place(street: str, postcode: str, city: str, country: str) -> AddressDetails:
    return AddressDetails(street=street, postcode=postcode, city=city, country=country, is_primary=True)


def _companion(db: Session, dice: Random, index: int) -> Habit:
    given = people.FRENCH_GIVEN[index % len(people.FRENCH_GIVEN)]
    family = people.FRENCH_FAMILY[(index * 7 + index // 30) % len(people.FRENCH_FAMILY)]
    local = f"{fold(given)}.{fold(family)}".replace(" ", "").replace("'", "").replace("’", "").replace("-", "")
    emails = (EmailDetails(address=f"{local}{index}@exemple.example", is_primary=True),)
    phones = (PhoneDetails(typed=f"06 39 98 {index:02d} {dice.randint(10, 99)}", country="FR", is_primary=True),)
    details = ContactDetails(
        kind=ContactKind.PERSON, title=dice.choice(["Mme", "M.", ""]), given_name=given, family_name=family,
        language="fr", source="Paper file", addresses=(_address(dice),) if dice.random() < 0.93 else (),
        emails=emails if dice.random() < 0.9 else (),
        phones=phones if dice.random() < 0.6 else (), is_deceased=index == 77, do_not_contact=index == 55,
    )  # fmt: skip
    contact = record_contact(db, details, actor=SYSTEM)
    kind = dice.random()
    return Habit(
        contact, dice.choice(AMOUNTS), dice.choice((1, 1, 2, 2, 3)), last_year=kind < 0.78,
        this_year=kind < 0.5 or kind >= 0.78,
    )  # fmt: skip


def _nepali(db: Session, dice: Random, person: tuple[str, str, str]) -> Habit:
    given, family, local = person
    details = ContactDetails(
        kind=ContactKind.PERSON, given_name=given, family_name=family, language="ne", source="Diaspora evening",
        emails=(EmailDetails(address=f"{local}@exemple.example", is_primary=True),),
        phones=(PhoneDetails(typed=f"98410{dice.randint(10000, 99999)}", country="NP", is_primary=True),),
        addresses=(_place(dice.choice(people.NEPALI_STREETS), "44600", "Kathmandu", "NP"),),
    )  # fmt: skip
    contact, amount_minor = record_contact(db, details, actor=SYSTEM), dice.choice((10_00, 25_00, 40_00))
    return Habit(contact, amount_minor, 1, last_year=dice.random() < 0.6, this_year=True)


def _other(db: Session, person: tuple[str, str, str, str, str, str]) -> Habit:
    given, family, local, country, city, postcode = person
    details = ContactDetails(
        kind=ContactKind.PERSON, given_name=given, family_name=family, language="en",
        emails=(EmailDetails(address=f"{local}@exemple.example", is_primary=True),),
        addresses=(_place("1 Long Street", postcode, city, country),),
    )  # fmt: skip
    return Habit(record_contact(db, details, actor=SYSTEM), 75_00, 2, last_year=True, this_year=True)


def _company(db: Session, dice: Random, company: tuple[str, str, str, str, str, str, int]) -> Habit:
    name, form, email, postcode, city, siren, amount_minor = company
    details = ContactDetails(
        kind=ContactKind.ORGANISATION, group_name=name, legal_form=form, language="fr", siren=siren,
        emails=(EmailDetails(address=email, is_primary=True),),
        addresses=(_place("4 place de l’Hôtel de Ville", postcode, city, "FR"),),
    )  # fmt: skip
    contact = record_contact(db, details, actor=SYSTEM)
    return Habit(contact, amount_minor, 1, last_year=True, this_year=True, month=dice.choice((5, 6, 9)))
