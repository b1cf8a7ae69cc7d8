"""What giving plugs into the rest: gifts, recurring gifts, receipts and giving forms."""

from functools import partial

from app.giving import showing, showing_changes, showing_disputes
from app.giving.access import CAPABILITIES, READ_FORMS, READ_GIFTS, READ_RECEIPTS
from app.giving.changing_duties import ROUND as CHANGES
from app.giving.cli import books, receipt_commands, totals
from app.giving.debit_duties import ROUND as DEBITS
from app.giving.dispute_duties import ROUND as DISPUTES
from app.giving.duties import ROUNDS
from app.giving.forgetting import FORGETS
from app.giving.lapsing import ROUND as LAPSING
from app.giving.measuring import FIGURES
from app.giving.queries.counting import HEARD
from app.giving.queries.criteria import criteria
from app.giving.queries.figures import AMOUNTS
from app.giving.queries.gifts import count_slow
from app.giving.queries.receipts import count_waiting
from app.giving.trail_words import WORDS as TRAIL_WORDS
from app.giving.views import (
    corrections,
    disputes,
    forecast,
    forms,
    gift_files,
    mending,
    payouts,
    receipts,
    recurring,
    soft_credits,
    wordings,
    yearly_receipts,
)
from app.kernel.i18n import lazy_gettext as _l
from app.payments.queries import count_unexplained
from app.web.feature import Attention, Feature, NavEntry, Panel, SearchSource, TimelineSource

FEATURE = Feature(
    name="giving",
    trail=TRAIL_WORDS,
    criteria=(criteria,),
    heard=HEARD,
    blueprints=(
        corrections.bp, receipts.bp, recurring.bp, disputes.bp, forms.bp, wordings.bp, soft_credits.bp, payouts.bp,
        yearly_receipts.bp, mending.bp, forecast.bp, gift_files.bp,
    ),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry(
            "money", _l("Gifts"), "gifts.index", "heart", READ_GIFTS, order=10,
            also=("disputes", "soft_credits"),
        ),
        NavEntry(
            "money", _l("Recurring gifts"), "recurring.index", "repeat", READ_GIFTS, order=20,
            also=("forecast", "mending"),
        ),
        NavEntry(
            "money", _l("Receipts"), "receipts.index", "receipt", READ_RECEIPTS, order=30, also=("yearly_receipts",)
        ),
        NavEntry("money", _l("Payouts"), "payouts.index", "building-bank", READ_GIFTS, order=40),
        NavEntry("online", _l("Giving forms"), "forms.index", "forms", READ_FORMS, order=10),
    ),
    panels=(
        Panel("contacts_column", _l("Given in all"), "", showing.given_column, READ_GIFTS, order=20),
        *(
            Panel(
                "contacts_export", label, "", partial(showing.figure_column, name), READ_GIFTS, order=order,
                is_money=name in AMOUNTS,
            )
            for order, (name, label) in enumerate(showing.FIGURES_IN_FILES.items())
        ),
        Panel("contacts_column", _l("Last gift"), "", showing.last_gift_column, READ_GIFTS, order=10),
        Panel("contact_source", _l("Giving form"), "", showing.form_source),
        Panel("funds_column", _l("Given"), "", showing.fund_column, READ_GIFTS),
        Panel("campaigns_column", _l("Given"), "", showing.campaign_column, READ_GIFTS),
        Panel("contact", _l("Giving"), "giving/gifts/_figures.html", showing.giving_figures, READ_GIFTS, order=10),
        Panel("contact", _l("Gifts"), "giving/gifts/_panel.html", showing.gifts_panel, READ_GIFTS, order=20),
        Panel(
            "contact", _l("Recurring gifts"), "giving/recurring/_panel.html", showing.recurring_panel, READ_GIFTS,
            order=30,
        ),
        Panel(
            "contact", _l("Recognised for gifts of others"), "giving/soft_credits/_panel.html", showing.credits_panel,
            READ_GIFTS, order=22,
        ),
    ),
    timeline=(TimelineSource(showing.gifts_in_time, READ_GIFTS),),
    search=(SearchSource(showing.find_receipts, READ_RECEIPTS),),
    attention=(
        Attention(count_waiting, showing.receipts_wait, "receipts.waiting", "receipt", READ_RECEIPTS),
        Attention(
            showing_disputes.count_waiting, showing_disputes.disputes_wait, "disputes.index", "scale", READ_GIFTS,
            {"shown": "waiting"},
        ),
        Attention(count_unexplained, showing.lines_unexplained, "payouts.unexplained", "building-bank", READ_GIFTS),
        Attention(count_slow, showing.gifts_slow, "gifts.index", "hourglass", READ_GIFTS, {"state": "pending"}),
    ),
    commands=(books, totals, receipt_commands),
    rounds=(*ROUNDS, CHANGES, DEBITS, DISPUTES, LAPSING),
    jobs=(*showing.JOBS, *showing_changes.JOBS, *showing_disputes.JOBS),
    figures=FIGURES,
    forgets=FORGETS,
)  # fmt: skip
