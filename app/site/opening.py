"""A giving page that is opened for somebody: what it shows, its fields, its stamp, and where they came from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, render_template, request
from markupsafe import Markup, escape

from app.contacts.queries.contacts import current_wordings
from app.giving.models import GivingForm
from app.kernel.clock import now
from app.kernel.i18n import use_language
from app.payments.gateway import Gateway
from app.site.forms import GiveForm
from app.site.pages import currency_links, giving_page, has_tax_receipts, language_links, named
from app.site.prefilling import prefilled, wanted_terms
from app.site.source import source_of
from app.site.stamps import Stamp, new_stamp
from app.web.application import db, this_application
from app.web.reading import reading_organisation

_INDENT = re.compile(r"\n\s+(?=<)")
"""White space before a tag: a tenth of the page, and nothing to a reader."""


@dataclass(frozen=True)
class Opened:
    """A giving page that is being shown or was sent: its form, its fields, its stamp, and where from."""

    form: GivingForm
    fields: GiveForm
    stamp: Stamp
    source: dict[str, str]

    def render(self, *, embedded: bool = False, is_preview: bool = False) -> Response:
        """The page, with status 422 where something is to be corrected."""
        hidden = hidden_fields(self.stamp, self.source)
        return as_answer(self.html(hidden, embedded=embedded, is_preview=is_preview), self.fields.status)

    def html(self, hidden: Markup, *, embedded: bool, is_preview: bool = False) -> str:
        """The page around these hidden fields."""
        terms, endpoint = self.fields.terms, "site.embed" if embedded else "site.give"
        organisation = reading_organisation()
        page = giving_page(db, self.form, terms, organisation=organisation, with_tests=takes_test_money())
        text = render_template(
            "site/give.html", page=page, form=self.fields, hidden=hidden, embedded=embedded, is_preview=is_preview,
            page_languages=language_links(self.form, terms, endpoint), currencies=currency_links(self.form),
            chosen=named(self.form, terms),
        )  # fmt: skip
        return _INDENT.sub("\n", text)


def hidden_fields(stamp: Stamp, source: Mapping[str, str]) -> Markup:
    """All that differs between two donors to whom the same page is shown: the stamp, and where they came from."""
    fields = {"stamp": stamp.signed(this_application().settings.SECRET_KEY), **source}
    return Markup("").join(
        Markup(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">')  # noqa: S704 - escaped
        for name, value in fields.items()
    )


def as_answer(body: str | bytes, status: int = 200) -> Response:
    """The page as it is sent.

    Browsers may keep it for their way back, so that going back and sending again is the same page sent twice.
    """
    return Response(body, status, {"Cache-Control": "private, no-cache"}, mimetype="text/html")


def open_page(form: GivingForm) -> Opened:
    """The page of this form in the donor's language, with what was sent or with its first proposals."""
    use_language(page_language(form.languages))
    organisation, terms = reading_organisation(), wanted_terms(form, request.args)
    fields = GiveForm.for_form(
        form, terms, current_wordings(db, form.consent_purposes),
        has_tax_receipts=has_tax_receipts(terms.currency, organisation),
        **prefilled(form, terms, request.args, organisation.country),
    )  # fmt: skip
    return Opened(form, fields, new_stamp(form.id, now()), where_from())


def where_from() -> dict[str, str]:
    """Where whoever asks came from: what the page carried when it was sent, else the address and the referrer."""
    sent, referrer = request.form if request.method == "POST" else request.args, request.referrer
    return source_of(sent, referrer, request.host.partition(":")[0]) if sent or referrer else {}


def page_language(languages: Sequence[str]) -> str:
    """The one asked for, else what the browser prefers among the form's languages, else the form's first."""
    browser = (code.partition("-")[0].lower() for code in request.accept_languages.values())
    wanted = (request.args.get("lang", ""), *browser)
    return next((code for code in wanted if code in languages), languages[0])


def takes_test_money() -> bool:
    """Whether online gifts move no real money here."""
    return this_application().settings.is_test_mode


def takes_gifts_online() -> bool:
    """Whether there is a gateway through which donors could pay."""
    return this_application().ports.get(Gateway).is_open


def can_take(form: GivingForm) -> bool:
    """Whether a gift can be given through this form now."""
    return takes_gifts_online() and form.is_open(now()) and bool(form.open_funds)
