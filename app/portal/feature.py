"""What the donor's own page plugs into the rest."""

from datetime import timedelta

from app.contacts.access import READ_CONTACTS
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.retention import Forgetting
from app.portal.models import DonorLink, DonorSession, NewEmail
from app.portal.queries.people import links_over, new_emails_over, sessions_over
from app.portal.showing import no_facts, source_words
from app.portal.trail_words import WORDS as TRAIL_WORDS
from app.portal.views import bp, changing, entering, mending, money, new_email, own, sign_ins
from app.web.feature import Feature, JobWords, Panel

KEPT = timedelta(days=30)
"""How long sign-ins and links that are over can be looked up."""

FEATURE = Feature(
    name="portal",
    trail=TRAIL_WORDS,
    blueprints=(bp, sign_ins.bp),
    panels=(
        Panel("contact_source", _l("Donor’s own page"), "", source_words),
        Panel("contact", _l("Donor’s own page"), "portal/staff/_panel.html", no_facts, READ_CONTACTS, order=60),
    ),
    jobs=(JobWords("portal.link", _l("Send a donor the link to their own page")),),
    forgets=(
        Forgetting("donor_sessions", _l("Sign-ins of donors that are over"), KEPT, DonorSession, sessions_over),
        Forgetting("donor_links", _l("Links to a donor’s own page that are over"), KEPT, DonorLink, links_over),
        Forgetting("donor_new_emails", _l("New addresses that donors typed"), KEPT, NewEmail, new_emails_over),
    ),
)
VIEWS = (changing, entering, mending, money, new_email, own)
"""The modules that put their views on the blueprint."""
