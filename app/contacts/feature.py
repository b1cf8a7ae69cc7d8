"""What contacts plug into the rest."""

from app.contacts import news, reminders
from app.contacts.access import CAPABILITIES, EDIT_CONTACTS, LEAD_TASKS, READ_CONTACTS, SET_UP_CONTACTS
from app.contacts.forgetting import FORGETS
from app.contacts.queries import criteria, custom_criteria
from app.contacts.queries.bulk import count_stuck
from app.contacts.queries.consents import HEARD
from app.contacts.showing import bulk as bulk_showing
from app.contacts.showing import consents as consent_showing
from app.contacts.showing import custom_fields as own_fields
from app.contacts.showing import notes as notes_showing
from app.contacts.showing import tasks as task_showing
from app.contacts.showing import timeline
from app.contacts.trail_words.contacts import WORDS as TRAIL_WORDS
from app.contacts.views import (
    bulk,
    consents,
    contacts,
    custom_fields,
    custom_values,
    export,
    files,
    households,
    interactions,
    notes,
    owners,
    purposes,
    relationship_types,
    relationships,
    reviews,
    search,
    segments,
    subscriptions,
    tagging,
    tags,
    tasks,
)
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.web.feature import Attention, Feature, JobWords, NavEntry, Panel, SearchSource, TimelineSource


def _waiting(count: int) -> str:
    return ngettext(
        "%(num)s difference between what a donor said and what we have",
        "%(num)s differences between what donors said and what we have",
        count,
    )


FEATURE = Feature(
    name="contacts",
    trail=TRAIL_WORDS,
    blueprints=(
        contacts.bp, reviews.bp, search.bp, relationships.bp, relationship_types.bp, households.bp, tasks.bp,
        interactions.bp, tags.bp, tagging.bp, notes.bp, files.bp, segments.bp, bulk.bp, export.bp,
        subscriptions.bp, owners.bp, custom_fields.bp,
        custom_values.bp, purposes.bp, consents.bp,
    ),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry("people", _l("Contacts"), "contacts.index", "users", READ_CONTACTS, order=10),
        NavEntry("people", _l("Segments"), "segments.index", "filter", READ_CONTACTS, order=11),
        NavEntry(
            "people", _l("My tasks"), "tasks.index", "clipboard-check", READ_CONTACTS, order=12,
            badge=task_showing.count_mine_due,
        ),
        NavEntry(
            "people", _l("To review"), "reviews.index", "clipboard-list", EDIT_CONTACTS, order=15,
            badge=task_showing.count_reviews,
        ),
        NavEntry("settings", _l("Tags"), "tags.index", "tag", SET_UP_CONTACTS, order=75),
        NavEntry("settings", _l("Custom fields"), "custom_fields.index", "forms", SET_UP_CONTACTS, order=75),
        NavEntry("settings", _l("Purposes"), "purposes.index", "target", SET_UP_CONTACTS, order=76),
        NavEntry(
            "settings", _l("Kinds of relationships"), "relationship_types.index", "link", SET_UP_CONTACTS, order=76
        ),
    ),
    panels=(
        Panel("contact_source", _l("Written down by one of us"), "", consent_showing.source_words),
        Panel("contact", _l("Household"), "contacts/households/_panel.html", households.panel, READ_CONTACTS, order=12),
        Panel(
            "contact", _l("To do"), "contacts/tasks/_panel.html", task_showing.tasks_panel, READ_CONTACTS, order=15
        ),
        Panel(
            "contact", _l("Custom fields"), "contacts/custom_fields/_panel.html", own_fields.panel, READ_CONTACTS,
            order=30,
        ),
        Panel(
            "contact_timeline", _l("Pinned notes"), "contacts/notes/_pinned.html", notes_showing.pinned, READ_CONTACTS,
            order=60,
        ),
        Panel(
            "contact_timeline", _l("Write down a call, a meeting, a letter"), "contacts/interactions/_quick.html",
            task_showing.interaction_panel, EDIT_CONTACTS,
        ),
        Panel(
            "contact", _l("Relationships"), "contacts/relationships/_panel.html", relationships.panel, READ_CONTACTS,
            order=40,
        ),
    ),
    timeline=(
        TimelineSource(task_showing.interactions_in_time, READ_CONTACTS),
        TimelineSource(task_showing.tasks_in_time, READ_CONTACTS),
        TimelineSource(notes_showing.notes_in_time, READ_CONTACTS),
        TimelineSource(notes_showing.files_in_time, READ_CONTACTS),
        TimelineSource(timeline.consents, READ_CONTACTS),
        TimelineSource(timeline.emails, READ_CONTACTS),
        TimelineSource(timeline.changes, READ_CONTACTS),
    ),
    criteria=(criteria.criteria, custom_criteria.criteria),
    heard=HEARD,
    search=(SearchSource(search.find_contacts, READ_CONTACTS),),
    rounds=(*reminders.ROUNDS, *news.ROUNDS),
    forgets=FORGETS,
    jobs=(
        JobWords("tasks.remind", _l("Remind somebody of their tasks")),
        JobWords("segments.tell", _l("Tell somebody how segments stand")),
        JobWords("contacts.bulk", _l("Do something to many contacts"), "action_id", bulk_showing.actions_concerned),
    ),
    attention=(
        Attention(task_showing.count_reviews, _waiting, "reviews.index", "clipboard-list", EDIT_CONTACTS),
        Attention(
            task_showing.count_mine_overdue, task_showing.overdue_in_words, "tasks.index", "clipboard-check",
            READ_CONTACTS,
        ),
        Attention(
            task_showing.count_left_behind, task_showing.left_behind_in_words, "tasks.index", "clipboard-check",
            LEAD_TASKS, {"owner": task_showing.GONE},
        ),
        Attention(count_stuck, bulk_showing.stuck_in_words, "bulk.index", "users-group", SET_UP_CONTACTS),
    ),
)  # fmt: skip
