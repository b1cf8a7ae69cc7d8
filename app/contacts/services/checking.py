"""What is refused of a contact as it is described, before anything is changed."""

from collections.abc import Iterator
from datetime import date

from app.contacts.models import ContactKind
from app.contacts.rules.organisations import read_siren
from app.contacts.rules.reaching import is_day_of_year
from app.contacts.services.details import ChannelDetails, ContactDetails
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

FIRST_DAY, LAST_DAY = date(1850, 1, 1), date(2200, 12, 31)


def check_details(details: ContactDetails, day: date) -> None:
    """Refuse what cannot be; `day` is today.

    Raises:
        Refused: no name, a company number that cannot be one, or days that contradict each other or lie ahead.

    """
    _check_names(details)
    if details.kind is ContactKind.PERSON:
        _check_birth(details, day)
        _check_death(details, day)
    for name in ("emails", "phones", "addresses"):
        _check_channels(name, getattr(details, name))


def _check_names(details: ContactDetails) -> None:
    is_person = details.kind is ContactKind.PERSON
    if is_person and not (details.given_name or details.family_name):
        raise Refused(_l("Give at least a first or a last name."), field="family_name")
    if not is_person and not details.group_name:
        raise Refused(_l("Give a name, please."), field="group_name")
    if details.siren and not read_siren(details.siren):
        raise Refused(_l("This is not a SIREN number: it has nine digits, the last of which checks."), field="siren")


def _check_birth(details: ContactDetails, day: date) -> None:
    if details.birth_on is not None and details.birth_year is not None:
        raise Refused(_l("Give either the day of birth or only its year."), field="birth_year")
    if details.birth_on is not None and not FIRST_DAY <= details.birth_on <= day:
        raise Refused(_l("A day of birth lies between 1850 and today."), field="birth_on")
    if details.birth_year is not None and not FIRST_DAY.year <= details.birth_year <= day.year:
        raise Refused(_l("A year of birth lies between 1850 and this year."), field="birth_year")


def _check_death(details: ContactDetails, day: date) -> None:
    if details.deceased_on is None:
        return
    if not details.is_deceased:
        raise Refused(_l("Tick “Deceased” as well, or leave the day blank."), field="deceased_on")
    if not FIRST_DAY <= details.deceased_on <= day:
        raise Refused(_l("A day of death lies between 1850 and today."), field="deceased_on")
    born = details.birth_on or (date(details.birth_year, 1, 1) if details.birth_year else FIRST_DAY)
    if details.deceased_on < born:
        raise Refused(_l("The day of death is before the birth."), field="deceased_on")


def _check_channels(name: str, rows: tuple[ChannelDetails, ...]) -> None:
    for row in rows:
        days = [day for day in (row.valid_from, row.valid_until) if day is not None]
        if not all(FIRST_DAY <= day <= LAST_DAY for day in days):
            raise Refused(_l("Check the year of this date."), field=name)
        if days != sorted(days):
            raise Refused(_l("The last day is before the first one."), field=name)
        for season in _seasons(row):
            if None in season and season != (None, None):
                raise Refused(_l("A season needs both its first and its last day."), field=name)
            if not all(each is None or is_day_of_year(each) for each in season):
                raise Refused(_l("There is no such day in any year."), field=name)


def _seasons(row: ChannelDetails) -> Iterator[tuple[int | None, int | None]]:
    if hasattr(row, "season_from") and hasattr(row, "season_until"):
        yield row.season_from, row.season_until
