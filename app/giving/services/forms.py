"""Giving forms made, changed, published and closed by staff."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.funds.models import Appeal, Fund
from app.giving.form_rules import is_origin, is_payable, is_slug
from app.giving.models import FeeCover, FormFund, FormStatus, GivingForm, Terms
from app.giving.queries.forms import form_with_slug, has_submissions
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import LANGUAGES, format_money
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money, exponent
from app.payments.models import Interval

MOST_PRESETS = 8
HIGHEST_FEE_PERMILLE = 100
MOST_MORE = 4
"""Currencies beside the one a form opens in: as many as one sees at a glance."""
ASKS = ("phone", "address", "company", "tribute", "comment", "anonymous", "term")
MAY_BE_REQUIRED = ("phone", "address")
PARTS = ("title", "intro", "thanks", "mail")


@dataclass(frozen=True, kw_only=True)
class FormDetails:
    """Everything staff say about a giving form. Amounts are minor units of `currency`; `funds` are keys in order.

    `texts` holds, by language, the parts named in `PARTS`. The other fields are those of `GivingForm`.
    """

    name: str
    slug: str
    languages: Sequence[str]
    texts: Mapping[str, Mapping[str, str]]
    currency: str
    funds: Sequence[int]
    smallest_minor: int
    largest_minor: int
    more_currencies: Sequence[Terms] = ()
    presets_once: Sequence[int] = ()
    presets_recurring: Sequence[int] = ()
    takes_once: bool = True
    intervals: Sequence[str] = ()
    asks: Sequence[str] = ()
    requires: Sequence[str] = ()
    consent_purposes: Sequence[str] = ()
    fee_cover: FeeCover = FeeCover.OFF
    fee_permille: int = 15
    fee_fixed_minor: int = 25
    goal_minor: int | None = None
    shows_progress: bool = False
    shows_tax_effect: bool = True
    closes_at: datetime | None = None
    embed_origins: Sequence[str] = field(default_factory=list)
    campaign_id: int | None = None
    appeal_id: int | None = None


def make_form(db: Session, details: FormDetails, *, actor: Actor) -> GivingForm:
    """Make a giving form. It is a draft: donors do not reach it until it is published.

    Raises:
        Refused: naming the field that cannot be so.

    """
    _check(db, None, details)
    form = GivingForm(
        name=details.name, slug=details.slug, languages=list(details.languages), texts={}, currency=details.currency
    )
    _write(form, details)
    db.add(form)
    audit.note(db, actor, "giving_form.made", form)
    return form


def edit_form(db: Session, form: GivingForm, details: FormDetails, *, version: int, actor: Actor) -> GivingForm:
    """Change a giving form, if nobody else has changed it since `version` was read.

    Raises:
        Refused: naming the field that cannot be so; without a field when somebody else was quicker.

    """
    if form.version != version:
        raise Refused(
            _l("Somebody else has changed this form meanwhile. Look at it first; saving again puts yours in its place.")
        )
    _check(db, form, details)
    _write(form, details)
    audit.note(db, actor, "giving_form.changed", form)
    return form


def publish_form(db: Session, form: GivingForm, *, actor: Actor) -> GivingForm:
    """Let donors reach the form.

    Raises:
        Refused: it has no open fund, its closing date has passed, or it is published already.

    """
    if not form.open_funds:
        raise Refused(_l("Every fund of this form is closed: choose an open one first."))
    if form.closes_at is not None and form.closes_at <= now():
        raise Refused(_l("Its last day has passed: change that first."))
    form.publish()
    audit.note(db, actor, "giving_form.published", form)
    return form


def close_form(db: Session, form: GivingForm, *, actor: Actor) -> GivingForm:
    """Stop taking gifts through the form. What was begun may still be paid.

    Raises:
        Refused: it is not published.

    """
    form.close()
    audit.note(db, actor, "giving_form.closed", form)
    return form


def _write(form: GivingForm, details: FormDetails) -> None:
    form.name, form.slug, form.languages = details.name, details.slug, list(details.languages)
    form.texts = {code: {part: details.texts[code].get(part, "") for part in PARTS} for code in details.languages}
    form.currency, form.takes_once, form.intervals = details.currency, details.takes_once, list(details.intervals)
    form.presets_once, form.presets_recurring = sorted(details.presets_once), sorted(details.presets_recurring)
    form.smallest_minor, form.largest_minor = details.smallest_minor, details.largest_minor
    form.more_currencies = [_as_kept(each) for each in details.more_currencies]
    form.asks, form.requires = list(details.asks), list(details.requires)
    form.consent_purposes = list(details.consent_purposes)
    form.fee_cover, form.fee_permille = details.fee_cover, details.fee_permille
    form.fee_fixed_minor = details.fee_fixed_minor
    form.goal_minor, form.shows_progress = details.goal_minor, details.shows_progress
    form.shows_tax_effect, form.closes_at = details.shows_tax_effect, details.closes_at
    form.embed_origins = list(details.embed_origins)
    form.campaign_id, form.appeal_id = details.campaign_id, details.appeal_id
    _write_funds(form, details.funds)


def _as_kept(terms: Terms) -> dict[str, object]:
    return {**asdict(terms), "presets_once": sorted(terms.presets_once),
            "presets_recurring": sorted(terms.presets_recurring)}  # fmt: skip


def _write_funds(form: GivingForm, ids: Sequence[int]) -> None:
    """The funds in this order; rows that stay are moved, not made anew."""
    before = {each.fund_id: each for each in form.funds}
    chosen = [before.get(key) or FormFund(fund_id=key) for key in ids]
    for place, each in enumerate(chosen):
        each.place = place
    form.funds = chosen


def _check(db: Session, form: GivingForm | None, details: FormDetails) -> None:
    _check_address(db, form, details)
    _check_words(details)
    _check_money(db, form, details)
    _check_choices(db, form, details)


def _check_address(db: Session, form: GivingForm | None, details: FormDetails) -> None:
    if not is_slug(details.slug):
        raise Refused(_l("Use small letters without accents, digits and single hyphens."), field="slug")
    if form is not None and form.status is not FormStatus.DRAFT and form.slug != details.slug:
        raise Refused(_l("It was published under this address: links and printed codes lead there."), field="slug")
    if form_with_slug(db, details.slug) not in {None, form}:
        raise Refused(_l("Another form has this address."), field="slug")
    for origin in details.embed_origins:
        if not is_origin(origin):
            raise Refused(_l("“%(origin)s” is not the origin of a site.", origin=origin[:80]), field="embed_origins")


def _check_words(details: FormDetails) -> None:
    if not details.name:
        raise Refused(_l("Give it a name."), field="name")
    if not details.languages or any(code not in LANGUAGES for code in details.languages):
        raise Refused(_l("Choose at least one language."), field="languages")
    for code in details.languages:
        if not details.texts.get(code, {}).get("title"):
            raise Refused(_l("Write a title in each of its languages."), field=f"title_{code}")


def _check_money(db: Session, form: GivingForm | None, details: FormDetails) -> None:
    if form is not None and form.currency != details.currency and has_submissions(db, form):
        raise Refused(_l("Gifts have been made in its currency, so it stays."), field="currency")
    _check_terms(first_terms(details), "{}")
    others = [each.currency for each in details.more_currencies]
    if len(others) > MOST_MORE:
        raise Refused(_l("Up to %(most)s further currencies.", most=MOST_MORE), field=f"currency_{MOST_MORE}")
    for place, terms in enumerate(details.more_currencies, 1):
        if terms.currency in {details.currency, *others[: place - 1]}:
            raise Refused(_l("Each currency once."), field=f"currency_{place}")
        _check_terms(terms, f"{{}}_{place}")
    if not 0 <= details.fee_permille <= HIGHEST_FEE_PERMILLE:
        raise Refused(_l("A fee lies between 0 and 10 per cent."), field="fee_percent")
    if details.goal_minor is not None and details.goal_minor <= 0:
        raise Refused(_l("A goal is above zero."), field="goal")
    if details.shows_progress and details.goal_minor is None:
        raise Refused(_l("Progress needs a goal."), field="goal")


def first_terms(details: FormDetails) -> Terms:
    """What is said of the currency that the form opens in."""
    return Terms(**{each.name: getattr(details, each.name) for each in fields(Terms)})


def _check_terms(terms: Terms, name: str) -> None:
    """The amounts of one currency; `name` says how the fields are called that a refusal is about."""
    one = Money(10 ** exponent(terms.currency), terms.currency)
    if terms.smallest < one:
        raise Refused(_l("The least that can be taken is %(amount)s.", amount=format_money(one)),
                      field=name.format("smallest"))  # fmt: skip
    if terms.largest_minor < terms.smallest_minor:
        raise Refused(_l("The most is below the least."), field=name.format("largest"))
    if not 0 <= terms.fee_fixed_minor <= terms.largest_minor:
        raise Refused(_l("A fee lies between 0 and 10 per cent."), field=name.format("fee_fixed"))
    for field_name in ("presets_once", "presets_recurring"):
        presets: Sequence[int] = getattr(terms, field_name)
        if len(presets) > MOST_PRESETS or len(set(presets)) != len(presets):
            raise Refused(_l("Up to eight different amounts."), field=name.format(field_name))
        if any(not terms.smallest_minor <= preset <= terms.largest_minor for preset in presets):
            bounds = {"least": format_money(terms.smallest), "most": format_money(terms.largest)}
            raise Refused(_l("Each lies between %(least)s, the least, and %(most)s, the most.", **bounds),
                          field=name.format(field_name))  # fmt: skip
        if any(not is_payable(Money(preset, terms.currency)) for preset in presets):
            raise Refused(_l("The last digit of an amount in this currency is nought."), field=name.format(field_name))


def _check_choices(db: Session, form: GivingForm | None, details: FormDetails) -> None:
    if not details.takes_once and not details.intervals:
        raise Refused(_l("Choose at least one."), field="frequencies")
    if any(each not in {interval.value for interval in Interval} for each in details.intervals):
        raise Refused(_l("Choose only from what is offered."), field="frequencies")
    if any(each not in ASKS for each in details.asks):
        raise Refused(_l("Choose only from what is offered."), field="asks")
    if any(each not in MAY_BE_REQUIRED or each not in details.asks for each in details.requires):
        raise Refused(_l("Only what is asked can be required."), field="requires")
    kept = {each.fund_id for each in form.funds} if form else set()
    known = set(db.scalars(select(Fund.id).where(Fund.id.in_(details.funds), Fund.is_open | Fund.id.in_(kept))))
    if not details.funds or len(set(details.funds)) != len(details.funds) or known != set(details.funds):
        raise Refused(_l("Choose at least one open fund, each once."), field="funds")
    appeal = db.get(Appeal, details.appeal_id) if details.appeal_id else None
    if details.appeal_id and (appeal is None or appeal.campaign_id != details.campaign_id):
        raise Refused(_l("This appeal belongs to another campaign."), field="effort")
