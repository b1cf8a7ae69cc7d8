"""Every page there is, wide and narrow, light and dark: it answers, nothing spills, nobody is shut out."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Role, StaffUser
from app.contacts.models import (
    BulkAction,
    Consent,
    ConsentPurpose,
    Contact,
    ContactKind,
    CustomChoice,
    CustomField,
    CustomType,
    CustomValue,
    HouseholdMember,
    Interaction,
    Relationship,
    RelationshipType,
    Segment,
    SegmentKind,
    Task,
)
from app.contacts.models.contact import ContactNote
from app.contacts.models.tag import Tag
from app.currencies.ecb_files import Line, RateFile
from app.currencies.importing import begin_import
from app.currencies.models import ExchangeRate, RateImport
from app.funds.models import Campaign, Fund
from app.giving.letters import mailbox_of
from app.giving.links import MendLinks
from app.giving.models import (
    Gift,
    GiftStatus,
    GivingForm,
    Receipt,
    ReceiptStatus,
    RecurringGift,
    RecurringStatus,
    StatutoryRate,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.payments.models import Checkout, Dispute, GatewayEvent, LineKind, Payment, PayoutLine
from app.web.application import Application
from tests.factories.payments import make_dispute, make_payout
from tests.journeys.browsing import SIZES, Visitor, barriers, spills, visiting
from tests.journeys.donors import Donor, give
from tests.journeys.staff import ADMIN, sign_in
from tests.portal.conftest import session_for
from tests.stack import SECRET_KEY, Stack

pytestmark = pytest.mark.browser
STAFF = [
    "/dashboard", "/account", "/account/security/", "/account/sessions", "/confirm", "/search", "/search?q=Héloise",
    "/contacts/", "/contacts/?q=sherpa", "/contacts/{person}", "/contacts/{household}", "/contacts/{company}",
    "/contacts/{donor}", "/contacts/new", "/contacts/{person}/edit", "/contacts/{company}/edit", "/contacts/reviews/",
    "/tasks/", "/tasks/?owner=all", "/tasks/?shown=done", "/tasks/new", "/tasks/{task}/edit", "/tasks/{task}/delete",
    "/contacts/{person}/interactions/new", "/interactions/{interaction}/edit", "/interactions/{interaction}/delete",
    "/contacts/{tied}/relationships/", "/contacts/{tied}/relationships/new",
    "/contacts/{tied}/relationships/new?q=sherpa", "/contacts/{tied}/relationships/new?with={company}",
    "/contacts/{tied}/relationships/{tie}/edit", "/contacts/{tied}/relationships/{tie}/end",
    "/contacts/{answered}/consents/", "/contacts/?for=email", "/settings/purposes/", "/settings/purposes/new",
    "/settings/purposes/{purpose}",
    "/settings/relationship-types/", "/settings/relationship-types/new", "/settings/relationship-types/{type}",
    "/contacts/{noted}/files", "/contacts/{noted}/notes", "/notes/{note}", "/contacts/{person}/tags",
    "/contacts/?tag={tag}", "/settings/tags/", "/settings/tags/new", "/settings/tags/{tag}",
    "/settings/tags/{tag}/merge", "/contacts/{donor}/household/choose", "/contacts/{home}",
    "/contacts/{home}/household/members/new", "/contacts/{home}/household/members/new?q=sherpa",
    "/contacts/{home}/household/members/new?person={person}", "/contacts/{home}/household/members/new-person",
    "/contacts/{home}/household/members/{member}/edit", "/contacts/{home}/household/members/{member}/leave",
    "/contacts/{home}/household/members/{member}/move", "/contacts/{home}/household/split",
    "/contacts/{home}/household/join", "/contacts/{home}/household/greetings", "/settings/custom-fields/",
    "/settings/custom-fields/groups/new", "/settings/custom-fields/groups/{group}",
    "/settings/custom-fields/groups/{group}/preview", "/settings/custom-fields/groups/{group}/fields/new",
    "/settings/custom-fields/groups/{group}/fields/new/choices", "/settings/custom-fields/fields/{field}",
    "/settings/custom-fields/fields/{field}/delete", "/settings/custom-fields/choices/{choice}",
    "/contacts/{filled}/fields/{group}", "/contacts/{filled}", "/segments/", "/segments/?shown=archived",
    "/segments/new", "/segments/new?ready=sybunt", "/segments/new?kind=fixed", "/segments/{segment}",
    "/segments/{list}", "/segments/{segment}/edit", "/segments/{list}/edit", "/segments/{segment}/add",
    "/segments/{list}/add?q=sherpa", "/segments/{segment}/bulk/tag", "/segments/{segment}/bulk/tag?target={tag}",
    "/segments/{segment}/bulk/archive", "/segments/{segment}/export", "/contacts/export", "/bulk/", "/bulk/{bulk}",
    "/contacts/{person}/owner",
    "/funds/", "/funds/new", "/funds/{fund}/edit", "/campaigns/", "/campaigns/new",
    "/campaigns/{campaign}/edit", "/gifts", "/gifts?state=returned&method=card", "/gifts/new", "/gifts/new?q=lefevre",
    "/gifts/new?contact={person}", "/gifts/{offline}", "/gifts/{online}", "/gifts/{refunded}",
    "/gifts/{online}/refund", "/gifts/{offline}/reverse", "/gifts/{offline}/credits/new",
    "/gifts/{offline}/credits/new?q=lefevre", "/gifts/{offline}/credits/new?contact={person}", "/recurring-gifts",
    "/recurring-gifts/{recurring}", "/recurring-gifts/{recurring}/amount", "/recurring-gifts/{recurring}/pause",
    "/cards", "/recurring-gifts/forecast",
    "/recurring-gifts/{recurring}/resume", "/recurring-gifts/{recurring}/day",
    "/recurring-gifts/{recurring}/term", "/recurring-gifts/{recurring}/end", "/recurring-gifts/{recurring}/receipts",
    "/disputes/", "/disputes/{dispute}",
    "/payouts/", "/payouts/{payout}", "/payouts/unexplained", "/payouts/lines/{line}",
    "/receipts", "/receipts/waiting", "/receipts/yearly/2025", "/receipts/yearly/2025/start",
    "/contacts/{person}/receipts", "/contacts/{person}/own-page",
    "/receipts/{receipt}", "/receipts/{receipt}/void", "/receipts/{receipt}/replace",
    "/forms/", "/forms/new", "/forms/{form}", "/forms/{form}/edit", "/wordings/", "/wordings/new", "/gateway-events/",
    "/gateway-events/{event}", "/parked-jobs/", "/staff/", "/staff/new", "/staff/{user}", "/staff/roles/",
    "/staff/roles/new", "/staff/roles/{role}", "/settings/organisation", "/settings/rates/", "/settings/rates/new",
    "/settings/rates/{rate}", "/settings/trail/", "/status", "/settings/currencies/", "/settings/currencies/new",
    "/settings/currencies/USD", "/settings/currencies/import", "/settings/currencies/imports/{rates}",
    "/settings/currencies/rates/{exchange}/correct",
]  # fmt: skip
PUBLIC = [
    "/", "/sign-in", "/forgotten-password", "/forgotten-password?sent=yes", "/give/soutenir", "/give/hiver",
    "/give/hiver/embed", "/give/preview/{preview}", "/give/thanks/{checkout}", "/give/back/{checkout}", "/my",
    "/my?sent=yes", "/my/open", "/my/mend/{mend}", "/my/mended", "/my/email/confirm",
]  # fmt: skip
DONORS = [
    "/my/gifts", "/my/receipts", "/my/years", "/my/years/2026", "/my/recurring", "/my/recurring/{given}/amount",
    "/my/recurring/{given}/pause", "/my/recurring/{given}/resume", "/my/recurring/{given}/day",
    "/my/recurring/{given}/term", "/my/recurring/{given}/method",
    "/my/recurring/{given}/end", "/my/consents", "/my/details", "/my/email", "/my/data", "/my/who",
]  # fmt: skip
"""Pages of a donor who is signed in."""
NO_PAGE = {
    "static", "health.alive", "health.ready", "metrics.show", "organisation.brand", "organisation.logo", "forms.code",
    "receipts.pdf", "receipts.download", "site.index", "mailed_links.follow", "mailed_links.choose",
    "portal.follow", "portal.follow_email", "portal.receipt", "portal.data_file",
    "trail.history", "tagging.names", "files.download", "files.thumbnail", "forecast.file", "forecast.moved",
}  # fmt: skip
"""What answers GET and is no page: files, a sign of life, a redirection; and a page that only a mailed link opens,
and a part that other pages fetch."""
ELSEWHERE = {
    "second_step.code", "second_step.recovery", "security.authenticator", "security.new_passkey", "security.passkey",
    "security.remove_authenticator", "security.remove_passkey", "provider.leave", "provider.arrive", "provider.confirm",
}  # fmt: skip
"""Pages for whoever is on the way in or sets something up: test_07_second_factors.py looks at them."""
ONLINE = and_(Gift.form_id.is_not(None), Gift.returned_minor == 0)


def test_no_page_is_forgotten(whole_app: Application) -> None:
    known = whole_app.url_map
    addresses = known.bind("localhost")
    paths = [path.partition("?")[0].format_map(Anything()) for path in (*STAFF, *PUBLIC, *DONORS)]
    visited = {addresses.match(path)[0] for path in paths}
    pages = {rule.endpoint for rule in known.iter_rules() if "GET" in (rule.methods or ())}
    assert pages - NO_PAGE - ELSEWHERE == visited


class Anything(dict[str, str]):
    """Says 1 to whatever is asked."""

    def __missing__(self, _key: str) -> str:
        return "1"


@pytest.fixture(scope="module")
def samples(stack: Stack, chromium: Browser) -> dict[str, Any]:
    """A key of everything that has a page of its own."""
    with stack.database.reading() as db:
        is_there = db.scalar(select(func.count()).where(ONLINE)) and db.scalar(select(func.count(RecurringGift.id)))
    if not is_there:  # without the journeys before, nobody has given online yet
        with visiting(chromium, (stack.site, stack.stripe)) as visitor:
            give(visitor, stack, Donor("Anna", "Première"))
            give(visitor, stack, Donor("Anna", "Régulière", "10", frequency="Monthly"))
        stack.wait_for_webhooks()
    with stack.database.writing() as db:
        act_as(db, SYSTEM)
        make_dispute(db, db.scalars(select(Payment).limit(1)).one())
        make_payout(db, db.scalars(select(Payment).limit(3)).all(), [LineKind.FEE, LineKind.OTHER])
        lines = [Line("USD", date(2026, 3, day), "1.09") for day in (2, 3, 4)]
        begin_import(db, RateFile(lines, ["BGN"]), "eurofxref-hist.csv", actor=SYSTEM)
    with stack.database.reading() as db:
        return _samples(db)


def _samples(db: Session) -> dict[str, Any]:
    def newest(column: Any, *where: Any) -> Any:
        table = column.class_
        return db.scalar(select(column).where(*where).order_by(table.id.desc()).limit(1))

    online = newest(Gift.id, ONLINE)
    return {
        "person": newest(Contact.id, Contact.kind == ContactKind.PERSON),
        "mend": _mend_token(db, newest(RecurringGift.id)),
        "dispute": newest(Dispute.id),
        "recurring": newest(RecurringGift.id, RecurringGift.status == RecurringStatus.ACTIVE),
        "household": newest(Contact.id, Contact.kind == ContactKind.HOUSEHOLD),
        "company": newest(Contact.id, Contact.kind == ContactKind.ORGANISATION),
        "donor": newest(Gift.contact_id, Gift.id == online),
        "tied": newest(Relationship.first_id),
        "tie": newest(Relationship.id),
        "type": newest(RelationshipType.id),
        "answered": newest(Consent.contact_id),
        "purpose": newest(ConsentPurpose.id),
        "note": newest(ContactNote.id),
        "noted": newest(ContactNote.contact_id),
        "tag": newest(Tag.id, Tag.archived_at.is_(None)),
        "home": newest(HouseholdMember.household_id, HouseholdMember.until.is_(None)),
        "member": newest(HouseholdMember.id, HouseholdMember.until.is_(None)),
        "group": newest(CustomField.group_id, CustomField.type == CustomType.CHOICES),
        "field": newest(CustomField.id, CustomField.type == CustomType.CHOICES),
        "choice": newest(CustomChoice.id),
        "filled": newest(CustomValue.contact_id),
        "bulk": newest(BulkAction.id),
        "segment": newest(Segment.id, Segment.kind == SegmentKind.LIVE),
        "list": newest(Segment.id, Segment.kind == SegmentKind.FIXED),
        "fund": newest(Fund.id),
        "campaign": newest(Campaign.id),
        "offline": newest(Gift.id, Gift.form_id.is_(None), Gift.status == GiftStatus.RECEIVED),
        "online": online,
        "refunded": newest(Gift.id, Gift.returned_minor > 0) or online,
        "receipt": newest(Receipt.id, Receipt.status == ReceiptStatus.ISSUED),
        "form": newest(GivingForm.id, GivingForm.slug == "soutenir"),
        "preview": newest(GivingForm.preview_token, GivingForm.slug == "atelier"),
        "given": newest(RecurringGift.id),
        "event": newest(GatewayEvent.id),
        "user": newest(StaffUser.id),
        "task": newest(Task.id),
        "interaction": newest(Interaction.id),
        "role": newest(Role.id),
        "rate": newest(StatutoryRate.id),
        "exchange": newest(ExchangeRate.id),
        "rates": newest(RateImport.id),
        "payout": newest(PayoutLine.payout_id),
        "line": newest(PayoutLine.id, ~PayoutLine.is_explained),
        "checkout": newest(Checkout.token, Checkout.id.in_(select(Payment.checkout_id))),
    }


def _mend_token(db: Session, recurring_id: int) -> str:
    gift = db.get_one(RecurringGift, recurring_id)
    mailbox = mailbox_of(db, gift.contact, gift.submission_id)
    return MendLinks("", SECRET_KEY).mend(gift, today(), mailbox).rpartition("/")[2]


@pytest.fixture(scope="module")
def member(stack: Stack, chromium: Browser) -> Iterator[Visitor]:
    """A member of staff who reads French, whose words are the longest, and may do everything."""
    with visiting(chromium, (stack.site,), locale="fr-FR") as visitor:
        sign_in(visitor.page, stack, ADMIN)
        yield visitor


@pytest.fixture(scope="module")
def stranger(stack: Stack, chromium: Browser) -> Iterator[Visitor]:
    """Somebody who is not signed in and reads French."""
    with visiting(chromium, (stack.site, stack.stripe), locale="fr-FR") as visitor:
        yield visitor


@pytest.mark.parametrize("path", STAFF)
def test_page_of_the_back_office(path: str, member: Visitor, stack: Stack, samples: dict[str, Any]) -> None:
    look_at(member, stack.site + path.format_map(samples))


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page(path: str, stranger: Visitor, stack: Stack, samples: dict[str, Any]) -> None:
    look_at(stranger, stack.site + path.format_map(samples))


@pytest.fixture(scope="module")
def regular(stack: Stack, chromium: Browser, samples: dict[str, Any]) -> Iterator[Visitor]:
    """A donor who gives regularly and is signed in to their own page, which they read in French."""
    with stack.database.writing() as db:
        act_as(db, SYSTEM)
        donor = db.get_one(RecurringGift, samples["given"]).contact
        donor.language = "fr"
        cookie = session_for(db, donor)
    with visiting(chromium, (stack.site,), locale="fr-FR") as visitor:
        visitor.context.add_cookies([{"name": "donor", "value": cookie, "url": stack.site}])
        yield visitor


@pytest.mark.parametrize("path", DONORS)
def test_page_of_a_donor(path: str, regular: Visitor, stack: Stack, samples: dict[str, Any]) -> None:
    look_at(regular, stack.site + path.format_map(samples))


def look_at(visitor: Visitor, address: str) -> None:
    """Open the page once; look at it in every size and colour. Contrast is all that the colours can change."""
    page, found = visitor.page, []
    visitor.faults.clear()
    page.set_viewport_size(SIZES["desktop"])
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    for size in ("desktop", "phone"):
        page.set_viewport_size(SIZES[size])
        found += [f"{size}, {each}: {fault}" for each, rules in (("light", None), ("dark", ["color-contrast"]))
                  for fault in colours(visitor, size, each, rules)]  # fmt: skip
    found, visitor.faults[:] = [*found, *visitor.faults], []
    assert not found, "\n".join(found)


def colours(visitor: Visitor, size: str, colour: str, rules: list[str] | None) -> list[str]:
    """What is wrong with the open page in these colours."""
    visitor.page.emulate_media(color_scheme=colour)  # type: ignore[arg-type]
    visitor.picture(f"{visitor.page.url.partition('/')[2]}-{size}-{colour}".replace("/", "-"))
    return [*spills(visitor.page), *barriers(visitor.page, rules)]
