"""What contacts plug into the rest."""

from app.contacts import queries, timeline
from app.contacts.access import CAPABILITIES, EDIT_CONTACTS, READ_CONTACTS
from app.contacts.trail_words import WORDS as TRAIL_WORDS
from app.contacts.views import contacts, reviews, search
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.web.feature import Attention, Feature, NavEntry, SearchSource, TimelineSource


def _waiting(count: int) -> str:
    return ngettext(
        "%(num)s difference between what a donor said and what we have",
        "%(num)s differences between what donors said and what we have",
        count,
    )


FEATURE = Feature(
    name="contacts",
    trail=TRAIL_WORDS,
    blueprints=(contacts.bp, reviews.bp, search.bp),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry("people", _l("Contacts"), "contacts.index", "users", READ_CONTACTS, order=10),
        NavEntry(
            "people", _l("To review"), "reviews.index", "clipboard-list", EDIT_CONTACTS, order=15,
            badge=queries.count_open_reviews,
        ),
    ),
    timeline=(
        TimelineSource(timeline.notes, READ_CONTACTS),
        TimelineSource(timeline.consents, READ_CONTACTS),
        TimelineSource(timeline.emails, READ_CONTACTS),
        TimelineSource(timeline.changes, READ_CONTACTS),
    ),
    search=(SearchSource(search.find_contacts, READ_CONTACTS),),
    attention=(
        Attention(queries.count_open_reviews, _waiting, "reviews.index", "clipboard-list", EDIT_CONTACTS),
    ),
)  # fmt: skip
