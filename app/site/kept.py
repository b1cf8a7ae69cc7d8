"""Giving pages that are kept in the process, and told apart from those that are no longer true by one small question.

A page is made for nobody: with an address of its own and no cookies, in no session. What differs from donor to donor
(the stamp, and where they came from) is a hole that is filled for each. See docs/adr/0013-kept-pages.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from flask import Response, current_app, request, session, url_for
from markupsafe import Markup
from sqlalchemy import bindparam, select

from app.giving.models import GivingForm, PageMark
from app.giving.queries.forms import form_with_slug
from app.kernel.clock import date_of, now, start_of_day
from app.kernel.db import Database
from app.kernel.glances import Glance
from app.kernel.i18n import speaking, use_language
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.site.opening import (
    as_answer,
    can_take,
    hidden_fields,
    open_page,
    page_language,
    takes_gifts_online,
    where_from,
)
from app.site.prefilling import CURRENCY, PARAMETERS
from app.site.stamps import new_stamp
from app.web.application import SAFE_METHODS, db, this_application
from app.web.reading import theme, theme_cookie
from app.web.security import allow_framing

MOST_FORMS = 50
FLASHES = "_flashes"
Variant = tuple[str, str, bool, str]
"""Language, theme, whether embedded, currency: all that a donor can choose of a page."""
Parts = tuple[bytes, bytes]
"""A page before and after its hidden fields."""


@dataclass(frozen=True)
class KeptForm:
    """A form whose page can be shown while the mark stands, between two instants, with its pages made so far."""

    id: int
    mark: int
    languages: Sequence[str]
    embed_origins: Sequence[str]
    currencies: Sequence[str]
    since: datetime
    until: datetime
    pages: dict[Variant, Parts] = field(default_factory=dict)


class KeptPages:
    """What one process keeps: the forms asked for first make room for others."""

    def __init__(self, database: Database) -> None:
        self._mark = Glance(
            database,
            select(GivingForm.id, PageMark.mark)
            .join(PageMark, PageMark.form_id == GivingForm.id)
            .where(GivingForm.slug == bindparam("slug")),
        )
        self._forms: dict[str, KeptForm] = {}
        self._lock = Lock()

    def form(self, slug: str) -> KeptForm | None:
        """The form at this address as it is this instant; None when nothing can be given there.

        The mark is read before the form, so what is kept beneath it may be newer than it, and never older.
        """
        row, at = self._mark(slug=slug), now()
        if row is None:
            return None
        kept = self._forms.get(slug)
        if kept is None or (kept.id, kept.mark) != tuple(row) or not kept.since <= at < kept.until:
            kept = read_form(slug, row[1], at)
            self._keep(slug, kept)
        return kept

    def _keep(self, slug: str, form: KeptForm | None) -> None:
        with self._lock:
            self._forms.pop(slug, None)
            if form is not None:
                self._forms[slug] = form
            while len(self._forms) > MOST_FORMS:
                del self._forms[next(iter(self._forms))]


def kept_page(slug: str, *, embedded: bool = False) -> Response | None:
    """The page for whoever asks, out of what is kept; None when it has to be made for them alone, or is none."""
    is_plain = request.method in SAFE_METHODS and PARAMETERS.isdisjoint(request.args) and FLASHES not in session
    if not is_plain or not slug.isprintable() or not takes_gifts_online():
        return None
    form = kept_pages().form(slug)
    if form is None:
        return None
    wanted = request.args.get(CURRENCY, "")
    currency = wanted if wanted in form.currencies else form.currencies[0]
    variant = (page_language(form.languages), theme(), embedded, currency)
    parts = form.pages.get(variant) or make_page(slug, variant)
    if parts is None:
        return None
    form.pages[variant] = parts
    use_language(variant[0])
    if embedded:
        allow_framing(form.embed_origins)
    before, after = parts
    hidden = hidden_fields(new_stamp(form.id, now()), where_from())
    return as_answer(b"".join((before, hidden.encode(), after)))


def kept_pages() -> KeptPages:
    """What this application keeps."""
    found: KeptPages | None = current_app.extensions.get("kept_pages")
    if found is None:
        found = current_app.extensions["kept_pages"] = KeptPages(this_application().database)
    return found


def read_form(slug: str, mark: int, at: datetime) -> KeptForm | None:
    """The form, good until it closes or the day ends (the law's rates begin on days); None when it takes no gifts."""
    with this_application().database.reading() as db:
        form = form_with_slug(db, slug)
        if form is None or not can_take(form):
            return None
        zone = the_organisation(db).time_zone
        today = date_of(at, zone)
        tomorrow = start_of_day(today + timedelta(days=1), zone)
        return KeptForm(
            id=form.id,
            mark=mark,
            languages=tuple(form.languages),
            embed_origins=tuple(form.embed_origins),
            currencies=tuple(each.currency for each in form.terms),
            since=start_of_day(today, zone),
            until=tomorrow if form.closes_at is None else min(tomorrow, form.closes_at),
        )


def make_page(slug: str, variant: Variant) -> Parts | None:
    """The page as anybody would see it: nothing of the request that is being answered can get into it."""
    language, chosen_theme, embedded, currency = variant
    address = url_for("site.embed" if embedded else "site.give", slug=slug, lang=language, currency=currency)
    hole, app = Markup(f"<!--{make_token()}-->"), this_application()  # noqa: S704 - letters and digits
    cookie = {"Cookie": f"{theme_cookie()}={chosen_theme}"}
    with speaking(language), app.app_context(), app.test_request_context(address, headers=cookie):
        form = form_with_slug(db, slug)
        if form is None or not can_take(form):
            return None
        before, after = open_page(form).html(hole, embedded=embedded).encode().split(hole.encode())
    return before, after
