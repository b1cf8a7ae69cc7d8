"""A true row for every table, and for every rule a false one: what the database itself must refuse."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    null,
)

from app.models import Base

DAY, NOON = date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOON + timedelta(days=1), NOON - timedelta(days=1)
HASH = "ab" * 32
NEXT = object()
"""A number that no other row has."""
THERE = object()
"""The key of a row that is stored, though there might be none."""

TRUE: dict[str, dict[str, Any]] = {
    "account_link": {"purpose": "invitation", "expires_at": LATER},
    "audit_seal": {"entry_count": 1, "marks": bytes(40), "number": NEXT, "seal": NEXT},
    "authenticator": {"confirmed_at": None, "last_step": None},
    "bulk_action": {
        "deed": "tag", "status": "waiting", "total": 9, "done": 5, "changed": 4, "walked_back": 3, "put_back": 2,
        "ended_at": None, "target_id": 1, "question": {},
    },
    "checkout": {"status": "prepared", "mode": "once", "interval": None},
    "consent": {"lawful_basis": "consent", "undoes_id": None},
    "consent_wording": {"channel": "email", "is_current": False},
    "contact": {"kind": "person"},
    "contact_file": {"visibility": "everybody"},
    "contact_note": {"visibility": "everybody"},
    "contact_review": {"field": "name", "status": "open"},
    "custom_field": {"type": "number", "decimals": 0},
    "custom_value": {"type": "number", "number_value": 1},
    "debit_notice": {"number": 1},
    "dispute": {"status": "open", "kind": "dispute", "seen_by": ""},
    "dispute_note": {"text": "Called.", "written_by": "Asha"},
    "donor_link": {"expires_at": LATER},
    "donor_new_email": {"expires_at": LATER},
    "donor_session": {"expires_at": LATER, "last_seen_at": NOON},
    "failed_charge": {"status": "open", "tries": 1, "closed_at": None, "next_try_on": None, "needs_donor": False},
    "exchange_rate": {"currency": "USD", "units_per_euro": "1.0921", "source": "ecb", "version": 1},
    "fund": {"restriction": "restricted"},
    "household_member": {"household_kind": "household", "person_kind": "person"},
    "gateway_event": {"status": "waiting"},
    "gift": {
        "status": "received", "receipt_choice": "each", "fee_cover_minor": 0, "returned_minor": 0, "fiscal_year": 2026,
    },
    "giving_form": {"fee_cover": "off", "status": "draft"},
    "giving_day": {"fiscal_year": 2026, "entries": 3, "received": 2, "waiting": 1},
    "giving_day_fund": {"fiscal_year": 2026},
    "giving_total": {"fiscal_year": 2026},
    "interaction": {"kind": "call", "direction": "incoming"},
    "job": {"status": "waiting"},
    "message": {"status": "waiting"},
    "mandate": {"status": "active"},
    "organisation": {"id": 1, "tax_regime": "none", "debit_notice_days": 14},
    "passkey_challenge": {"purpose": "sign_in", "staff_user_id": None},
    "payment": {
        "status": "processing", "method": "card", "amount_minor": 5000, "refunded_minor": 0, "disputed_minor": 0,
    },
    "payout": {"status": "paid"},
    "payout_line": {
        "kind": "fee", "amount_minor": -35, "fee_minor": 0, "net_minor": -35, "is_explained": True, "explanation": "",
    },
    "purpose": {"lawful_basis": "consent"},
    "rate_import": {"total": 9, "done": 5, "added": 3, "differing": 1, "content": b"rest", "ended_at": None},
    "receipt": {"status": "issued", "is_specimen": False, "number": NEXT, "year": 2026, "gift_id": THERE},
    "receipt_gift": {"status": "issued"},
    "receipt_run": {"status": "running", "year": 2026, "total": 9, "done": 5, "ended_at": None},
    "receipt_sequence": {"year": 2026},
    "recurring_change": {
        "kind": "amount", "status": "begun", "done_at": None, "refusal": "", "reason": None, "day": None,
        "paused_until": None, "old_amount_minor": 1000, "new_amount_minor": 1500, "asked_as": "staff",
        "interval": "month", "method_last_four": "4242", "moves_end": False,
    },
    "recurring_gift": {
        "status": "active", "receipt_choice": "each", "interval": "month", "fee_cover_minor": 0,
        "method_last_four": "4242",
    },
    "refund": {"status": "requested"},
    "relationship": {"is_symmetric": False, "is_employment": True},
    "relationship_type": {"is_symmetric": False, "is_employment": True},
    "round_run": {"ended_at": LATER, "is_well": True},
    "segment": {"kind": "live", "last_count": None, "counted_at": None},
    "segment_subscription": {"every": "day"},
    "soft_credit": {"role": "other"},
    "staff_session": {"method": "password", "expires_at": LATER, "confirmed_at": NOON, "last_seen_at": NOON},
    "statutory_rate": {"regime": "none", "donor_kind": "person"},
    "submission": {"donor_kind": "person", "fee_cover_minor": 0, "amount_minor": 5000},
    "stored_file": {"sha256": NEXT},
    "tag": {"colour": "grey"},
    "task": {"status": "open"},
    "tribute": {"kind": "honour", "status": "nobody"},
}  # fmt: skip
"""What a true row says beyond what any value of the type would do."""

POINTED_AT: dict[str, dict[str, Any]] = {"household_member.household_id": {"kind": "household"}}
"""What the row that a column points to has to say."""

FALSE: dict[str, list[dict[str, Any]]] = {
    "account_link.expires_after_it_is_made": [{"expires_at": EARLIER}],
    "account_link.used_or_withdrawn": [{"used_at": NOON, "withdrawn_at": NOON}],
    "allocation.amount_is_positive": [{"amount_minor": 0}, {"amount_minor": -1}],
    "audit_seal.all_but_the_first_follow_one": [{"number": 2, "previous": ""}],
    "audit_seal.covers_something": [{"first_entry_id": 9, "last_entry_id": 8}],
    "audit_seal.has_a_mark_an_entry": [{"marks": b"short"}],
    "audit_seal.number_is_positive": [{"number": 0, "previous": HASH}],
    "audit_seal.seal_is_a_hash": [{"seal": "short"}],
    "authenticator.confirmed_by_a_code": [{"confirmed_at": NOON}, {"last_step": 1}],
    "bulk_action.ended_at_an_instant": [{"status": "done", "ended_at": None}, {"ended_at": NOON}],
    "bulk_action.is_about_something": [{"target_id": None}],
    "bulk_action.no_more_changed_than_done": [{"changed": 6}],
    "bulk_action.no_more_done_than_there_are": [{"done": 10}],
    "bulk_action.no_more_put_back_than_walked_back": [{"put_back": 4}, {"put_back": -1}],
    "bulk_action.no_more_walked_back_than_changed": [{"walked_back": 5}],
    "bulk_action.reached_no_further_than_the_last": [{"reached_id": 9, "last_id": 8}],
    "campaign.currency_is_a_code": [{"currency": "eur"}, {"currency": "E1R"}, {"currency": ""}],
    "campaign.ends_after_it_starts": [{"starts_on": DAY, "ends_on": date(2026, 2, 28)}],
    "campaign.goal_is_positive": [{"goal_minor": 0}],
    "campaign.not_its_own_parent": [{"id": 77, "parent_id": 77}],
    "checkout.amount_is_positive": [{"amount_minor": 0}],
    "checkout.completed_has_an_instant": [{"status": "completed", "reference": "cs_1"}, {"completed_at": NOON}],
    "checkout.currency_is_a_code": [{"currency": "euro"}],
    "checkout.open_has_a_reference": [{"status": "open", "reference": None}],
    "checkout.recurring_has_an_interval": [{"mode": "recurring"}, {"interval": "month"}],
    "checkout.subscription_has_a_reference": [{"subscription_status": "active", "subscription_reference": None}],
    "consent.undoes_another_one": [{"id": 77, "undoes_id": 77}],
    "consent_wording.version_is_positive": [{"version": 0}],
    "contact.has_a_name": [
        {"kind": "person", "given_name": "", "family_name": ""}, {"kind": "household", "group_name": ""},
    ],
    "contact.birth_year_is_a_year": [{"birth_year": 1849}, {"birth_year": 2201}],
    "contact.born_in_our_time": [{"birth_on": date(1849, 12, 31)}],
    "contact.born_on_a_day_or_in_a_year": [{"birth_on": DAY, "birth_year": 2026}],
    "contact.died_after_birth": [{"birth_on": DAY, "is_deceased": True, "deceased_on": date(2026, 2, 28)}],
    "contact.only_people_are_born": [
        {"kind": "organisation", "birth_on": DAY}, {"kind": "household", "birth_year": 1950},
        {"kind": "household", "is_deceased": True, "deceased_on": DAY},
    ],
    "contact.only_the_deceased_died": [{"deceased_on": DAY}],
    **{f"contact_{channel}.{rule}": rows for channel in ("address", "email", "phone") for rule, rows in {
        "ends_not_before_it_begins": [{"valid_from": DAY, "valid_until": date(2026, 2, 28)}],
        "hold_is_whole": [{"hold_since": DAY}, {"hold_reason": "bounced"}],
    }.items()},
    "contact_address.season_from_is_a_day": [
        {"season_from": day, "season_until": 1231} for day in (0, 31, 100, 132, 230, 431, 1301, 1232, -101)
    ],
    "contact_address.season_is_whole": [{"season_from": 229}, {"season_until": 229}],
    "contact_address.season_until_is_a_day": [{"season_from": 101, "season_until": day} for day in (631, 931, 1131)],
    "contact_file.has_a_name": [{"name": ""}],
    "contact_file.size_is_positive": [{"size": 0}],
    "contact_file.version_is_positive": [{"version": 0}],
    "contact_file.whose_own_it_is_is_known": [{"visibility": "author"}],
    "contact_note.version_is_positive": [{"version": 0}],
    "contact_note.whose_own_it_is_is_known": [{"visibility": "author"}],
    "contact_review.decided_has_an_instant": [{"decided_at": NOON}, {"status": "applied"}],
    "custom_choice.place_not_negative": [{"place": -1}],
    "custom_field.bounds_are_in_order": [{"least": 2, "most": 1}],
    "custom_field.currency_is_a_code": [{"type": "money", "currency": "eur"}],
    "custom_field.decimals_are_few": [{"decimals": 7}, {"decimals": -1}],
    "custom_field.key_is_lower_case": [{"key": "Shoe"}, {"key": ""}],
    "custom_field.money_has_a_currency": [{"type": "money"}, {"currency": "EUR"}],
    "custom_field.only_figures_are_bounded": [{"type": "text", "least": 1}, {"type": "date", "most": 1}],
    "custom_field.only_numbers_have_decimals": [{"type": "text", "decimals": 1}],
    "custom_field.only_texts_are_long": [{"longest": 5}, {"type": "text", "longest": 0}],
    "custom_field.place_not_negative": [{"place": -1}],
    "custom_group.place_not_negative": [{"place": -1}],
    "custom_value.amounts_are_amounts": [{"money_minor": 1, "currency": "EUR"}],
    "custom_value.amounts_are_bounded": [
        {"type": "money", "money_minor": 10**14 + 1, "currency": "EUR", "number_value": None},
    ],
    "custom_value.amounts_have_a_currency": [{"currency": "EUR"}],
    "custom_value.answers_are_answers": [{"boolean_value": True}],
    "custom_value.choices_are_choices": [{"choice_id": 1}],
    "custom_value.contacts_are_contacts": [{"contact_value": 987_654_321}],
    "custom_value.currency_is_a_code": [
        {"type": "money", "money_minor": 1, "currency": "eur", "number_value": None},
    ],
    "custom_value.dates_are_dates": [{"date_value": DAY}],
    "custom_value.not_with_oneself": [
        {"type": "contact", "contact_id": 1, "contact_value": 1, "number_value": None},
    ],
    "custom_value.numbers_are_bounded": [{"number_value": 10**18 + 1}],
    "custom_value.numbers_are_numbers": [{"number_value": None}],
    "custom_value.texts_are_folded": [{"folded_text": "a"}],
    "custom_value.texts_are_texts": [{"text_value": "a", "folded_text": "a"}],
    "custom_value.texts_say_something": [{"type": "text", "text_value": "", "folded_text": "", "number_value": None}],
    "debit_notice.amount_is_positive": [{"amount_minor": 0}],
    "debit_notice.currency_is_a_code": [{"currency": "EU"}],
    "debit_notice.number_is_positive": [{"number": 0}],
    "dispute.amount_is_positive": [{"amount_minor": 0}],
    "dispute.currency_is_a_code": [{"currency": "EU"}],
    "dispute.decided_is_closed": [{"status": "lost"}, {"closed_at": NOON}],
    "dispute.seen_by_somebody": [{"seen_at": NOON}, {"seen_by": "Asha"}],
    "dispute_note.somebody_wrote_it": [{"written_by": ""}],
    "dispute_note.text_says_something": [{"text": ""}],
    "file_chunk.place_not_negative": [{"place": -1}],
    "gateway_event.attempts_not_negative": [{"attempts": -1}],
    "gateway_event.worked_has_an_instant": [{"status": "worked"}, {"worked_at": NOON}],
    "gift.amount_is_positive": [{"amount_minor": 0}],
    "gift.cover_is_part_of_the_amount": [{"fee_cover_minor": 2}, {"fee_cover_minor": -1}],
    "gift.currency_is_a_code": [{"currency": "€"}],
    "gift.fiscal_year_is_a_year": [{"fiscal_year": 26}],
    "gift.no_more_goes_back_than_came": [{"returned_minor": 2}, {"returned_minor": -1}],
    "gift.not_its_own_replacement": [{"id": 77, "replaces_id": 77}],
    "exchange_rate.corrections_have_a_reason": [{"version": 2, "reason": ""}],
    "exchange_rate.currency_is_a_code": [{"currency": "usd"}],
    "exchange_rate.the_euro_has_none": [{"currency": "EUR"}],
    "exchange_rate.units_are_a_positive_decimal": [
        {"units_per_euro": units} for units in ("", "0", "0.00", "-1", "1,5", "1.5.2", "NaN", "1e3", "9" * 21)
    ],
    "exchange_rate.version_is_positive": [{"version": 0, "reason": "Wrong"}],
    "giving_form.bounds_are_in_order": [{"smallest_minor": 0}, {"smallest_minor": 9, "largest_minor": 8}],
    "giving_form.currency_is_a_code": [{"currency": "EURO"}],
    "giving_form.fees_make_sense": [{"fee_permille": 1001}, {"fee_permille": -1}, {"fee_fixed_minor": -1}],
    "giving_form.goal_is_positive": [{"goal_minor": 0}],
    "giving_form.slug_is_lower_case": [{"slug": "Ecole"}, {"slug": ""}],
    "giving_form.version_is_positive": [{"version": 0}],
    "giving_form_fund.place_not_negative": [{"place": -1}],
    "giving_day.currency_is_a_code": [{"currency": "Eur"}],
    "giving_day.figures_make_sense": [
        {"entries": 0, "received": 0, "waiting": 0}, {"amount_minor": -1}, {"entries": -1, "received": -1},
    ],
    "giving_day.fiscal_year_is_a_year": [{"fiscal_year": 0}],
    "giving_day.no_more_received_than_entered": [{"received": 4}],
    "giving_day.no_more_wait_than_were_received": [{"waiting": 3}, {"waiting": -1}],
    "giving_day_fund.amount_is_not_negative": [{"amount_minor": -1}],
    "giving_day_fund.currency_is_a_code": [{"currency": "Eur"}],
    "giving_day_fund.fiscal_year_is_a_year": [{"fiscal_year": 0}],
    "giving_total.currency_is_a_code": [{"currency": "Eur"}],
    "giving_total.figures_make_sense": [{"gifts": 0}, {"amount_minor": -1}, {"largest_minor": -1}],
    "giving_total.fiscal_year_is_a_year": [{"fiscal_year": 0}],
    "giving_total.last_is_not_before_first": [{"first_on": DAY, "last_on": date(2026, 2, 28)}],
    "household_member.ends_not_before_it_begins": [{"since": DAY, "until": date(2026, 2, 28)}],
    "charge_try.number_is_positive": [{"number": 0}],
    "failed_charge.amount_is_positive": [{"amount_minor": 0}],
    "failed_charge.closed_after_it_failed": [{"status": "recovered", "closed_at": EARLIER}],
    "failed_charge.closed_has_an_instant": [{"status": "given_up"}, {"closed_at": LATER}],
    "failed_charge.currency_is_a_code": [{"currency": "eur"}],
    "failed_charge.only_open_ones_are_tried_again": [
        {"status": "recovered", "closed_at": LATER, "next_try_on": DAY},
        {"status": "recovered", "closed_at": LATER, "needs_donor": True},
    ],
    "failed_charge.was_tried": [{"tries": 0}],
    "household_member.household_is_one": [{"household_kind": "organisation"}],
    "household_member.not_of_itself": [{"household_id": 1, "person_id": 1}],
    "household_member.person_is_one": [{"person_kind": "household"}],
    "interaction.has_a_subject": [{"subject": ""}],
    "interaction.only_some_have_a_direction": [{"kind": "meeting"}],
    "interaction.version_is_positive": [{"version": 0}],
    "job.attempts_not_negative": [{"attempts": -1}],
    "job.done_has_an_instant": [{"status": "done"}, {"done_at": NOON}],
    "message.about_is_whole": [{"about_type": "gift"}, {"about_id": 1}],
    "message.stopped_is_not_sent": [{"status": "sent", "sent_at": NOON, "stopped_at": NOON}],
    "message.sent_has_an_instant": [{"status": "sent"}, {"sent_at": NOON}],
    "organisation.charge_tries_are_few": [{"charge_tries": -1}, {"charge_tries": 21}],
    "organisation.lapse_days_are_days": [{"lapse_days": -1}, {"lapse_days": 3651}],
    "mandate.inactive_has_an_instant": [{"status": "inactive"}, {"ended_at": NOON}],
    "mandate.number_is_a_number": [{"number": ""}, {"number": "M" * 36}],
    "organisation.country_is_a_code": [{"country": "fr"}, {"country": "FRA"}],
    "organisation.currency_is_a_code": [{"currency": "eur"}],
    "organisation.fiscal_year_start_is_a_month": [{"fiscal_year_start_month": 13}, {"fiscal_year_start_month": 0}],
    "organisation.notice_is_at_most_four_weeks": [{"debit_notice_days": -1}, {"debit_notice_days": 29}],
    "organisation.there_is_one": [{"id": 2}],
    "outside_identity.has_a_subject": [{"subject": ""}],
    "passkey.has_a_name": [{"name": ""}],
    "passkey.sign_count_not_negative": [{"sign_count": -1}],
    "passkey_challenge.whose_it_is_is_known": [{"purpose": "make"}],
    "payment.amount_is_positive": [{"amount_minor": 0}],
    "payment.currency_is_a_code": [{"currency": "XX"}],
    "payment.net_is_settlement_minus_fee": [
        {"settlement_minor": 100, "settlement_currency": "EUR", "fee_minor": 10, "net_minor": 91},
    ],
    "payment.no_more_comes_back_than_came": [
        {"refunded_minor": 5001}, {"refunded_minor": 3000, "disputed_minor": 2001}, {"refunded_minor": -1},
        {"disputed_minor": -1},
    ],
    "payment.settled_has_an_instant": [{"status": "settled"}],
    "payment.settlement_currency_is_a_code": [
        {"settlement_minor": 100, "settlement_currency": "eur", "fee_minor": 10, "net_minor": 90},
    ],
    "payment.settlement_is_whole": [{"settlement_currency": "EUR"}, {"fee_minor": 5}],
    "payout.currency_is_a_code": [{"currency": "EU1"}],
    "payout_line.currency_is_a_code": [{"currency": "eur"}],
    "payout_line.disputes_are_of_payments": [{"dispute_id": THERE}],
    "payout_line.explained_by_something": [
        {"is_explained": False}, {"kind": "other"}, {"kind": "other", "is_explained": False, "payment_id": THERE},
    ],
    "payout_line.explanation_has_an_instant": [{"explanation": "Known"}, {"explained_at": NOON}],
    "payout_line.net_is_amount_minus_fee": [{"net_minor": -34}, {"fee_minor": 1}],
    "payout_line.original_currency_is_a_code": [{"original_minor": 5, "original_currency": "usd"}],
    "payout_line.original_is_whole": [{"original_minor": 5}, {"original_currency": "USD"}],
    "payout_line.refunds_are_of_payments": [{"refund_id": THERE}],
    "payout_line.transfers_are_transfers": [{"transfer_id": THERE}],
    "rate_import.ended_keeps_no_content": [{"ended_at": NOON}, {"content": None}],
    "rate_import.no_more_added_than_done": [{"added": 6}, {"added": -1}],
    "rate_import.no_more_differ_than_done": [{"differing": 6}, {"differing": -1}],
    "rate_import.no_more_done_than_there_are": [{"done": 10}],
    "receipt.amount_is_positive": [{"amount_minor": 0}],
    "receipt.currency_is_a_code": [{"currency": " EUR"}],
    "receipt.covers_a_year": [{"gift_id": None, "covers_year": 1899}],
    "receipt.is_for_a_gift_or_a_year": [{"covers_year": 2026}, {"gift_id": None}],
    "receipt.not_its_own_replacement": [{"id": 77, "replaces_id": 77}],
    "receipt.number_is_positive": [{"number": 0}],
    "receipt.specimens_have_no_number": [{"is_specimen": True}, {"number": None}],
    "receipt.void_has_an_instant": [{"status": "void"}, {"voided_at": NOON}],
    "receipt.year_is_a_year": [{"year": 226}],
    "receipt_gift.amount_is_positive": [{"amount_minor": 0}],
    "receipt_run.counts_not_negative": [{"issued": -1}, {"left_out": -1}],
    "receipt_run.ended_at_an_instant": [{"status": "done"}, {"ended_at": NOON}],
    "receipt_run.no_more_done_than_there_are": [{"done": 10}, {"done": -1}],
    "receipt_run.year_is_a_year": [{"year": 226}],
    "receipt_sequence.last_number_not_negative": [{"last_number": -1}],
    "receipt_sequence.year_is_a_year": [{"year": 1899}],
    "purpose.has_a_code": [{"code": ""}],
    "purpose.keeps_some_months": [{"keeps_months": 0}, {"keeps_months": 601}],
    "purpose.version_is_positive": [{"version": 0}],
    "recurring_allocation.weight_is_positive": [{"weight": 0}],
    "recurring_change.amounts_are_positive": [{"old_amount_minor": 0}, {"new_amount_minor": -1}],
    "recurring_change.method_has_a_kind": [
        {"kind": "method", "new_amount_minor": 1000}, {"method_kind": "card"},
    ],
    "recurring_change.no_more_than_four_digits": [{"method_last_four": "42424"}],
    "recurring_change.charges_are_several": [{"kind": "term", "new_amount_minor": 1000, "charges_agreed": 1}],
    "recurring_change.ends_in_one_way": [
        {"kind": "term", "new_amount_minor": 1000, "charges_agreed": 4, "ends_on": DAY},
    ],
    "recurring_change.last_charge_is_set": [{"last_on": DAY}],
    "recurring_change.only_terms_set_ends": [{"charges_agreed": 4}, {"ends_on": DAY}],
    "recurring_change.currency_is_a_code": [{"currency": "eur"}],
    "recurring_change.day_is_a_day": [{"kind": "day", "day": day, "new_amount_minor": 1000} for day in (0, 32)],
    "recurring_change.done_has_an_instant": [{"status": "done"}, {"done_at": NOON}],
    "recurring_change.ends_for_a_reason": [{"kind": "end", "new_amount_minor": 1000}, {"reason": "unknown"}],
    "recurring_change.moves_to_a_day": [{"kind": "day", "new_amount_minor": 1000}, {"day": 3}],
    "recurring_change.only_amounts_change_amounts": [{"kind": "resume"}],
    "recurring_change.only_pauses_have_an_end": [{"paused_until": DAY}],
    "recurring_change.refused_has_a_code": [{"status": "refused"}, {"refusal": "no_such_thing"}],
    "recurring_change.yearly_values_not_negative": [{"old_yearly_minor": -1}, {"new_yearly_minor": -1}],
    "recurring_gift.amount_is_positive": [{"amount_minor": 0}],
    "recurring_gift.charges_are_several": [{"charges_agreed": 1}, {"charges_agreed": 0}],
    "recurring_gift.ends_in_one_way": [{"charges_agreed": 4, "ends_on": DAY}],
    "recurring_gift.cover_is_part_of_the_amount": [{"fee_cover_minor": 2}],
    "recurring_gift.currency_is_a_code": [{"currency": "nope"}],
    "recurring_gift.ended_has_a_date": [{"status": "ended"}, {"ended_on": DAY}],
    "recurring_gift.lapsed_has_a_date": [{"status": "lapsed"}, {"lapsed_on": DAY}],
    "recurring_gift.no_more_than_four_digits": [{"method_last_four": "42424"}],
    "recurring_gift.only_methods_expire": [{"card_expires_on": DAY}],
    "recurring_gift.ends_not_before_it_starts": [{"status": "ended", "started_on": DAY, "ended_on": date(2026, 2, 28)}],
    "refund.amount_is_positive": [{"amount_minor": 0}],
    "refund.currency_is_a_code": [{"currency": "12 "}],
    "relationship.ends_not_before_it_begins": [{"since": DAY, "until": date(2026, 2, 28)}],
    "relationship.not_with_oneself": [{"first_id": 1, "second_id": 1}],
    "relationship.only_an_employment_is_primary": [{"is_primary": True, "is_employment": False}],
    "relationship.symmetric_ties_in_one_order": [{"is_symmetric": True, "first_id": 2, "second_id": 1}],
    "relationship_type.an_employer_has_one_side": [{"is_symmetric": True, "is_employment": True}],
    "round_run.a_failure_is_not_well": [{"error": "ValueError"}],
    "round_run.ended_is_well_or_not": [{"ended_at": None}, {"is_well": None}],
    "round_run.ends_after_it_began": [{"ended_at": EARLIER}],
    "segment.count_not_negative": [{"last_count": -1, "counted_at": NOON}],
    "segment.counted_at_an_instant": [{"last_count": 3, "counted_at": None}, {"last_count": None, "counted_at": NOON}],
    "segment.has_a_name": [{"name": ""}],
    "segment.version_is_positive": [{"version": 0}],
    "segment_subscription.told_count_not_negative": [{"told_count": -1}],
    "soft_credit.amount_is_positive": [{"amount_minor": 0}],
    "donor_link.expires_after_it_is_made": [{"expires_at": EARLIER}],
    "donor_link.used_or_withdrawn": [{"used_at": NOON, "withdrawn_at": NOON}],
    "donor_new_email.expires_after_it_is_made": [{"expires_at": EARLIER}],
    "donor_new_email.used_or_withdrawn": [{"used_at": NOON, "withdrawn_at": NOON}],
    "donor_session.ended_has_a_reason": [{"ended_at": LATER}, {"end_reason": "signed_out"}],
    "donor_session.expires_after_it_starts": [{"expires_at": NOON}],
    "donor_session.seen_after_it_starts": [{"last_seen_at": EARLIER}],
    "staff_session.confirmed_after_it_starts": [{"confirmed_at": EARLIER}],
    "staff_session.ended_has_a_reason": [{"ended_at": LATER}, {"end_reason": "signed_out"}],
    "staff_session.expires_after_it_starts": [{"expires_at": NOON}],
    "staff_session.seen_after_it_starts": [{"last_seen_at": EARLIER}],
    "staff_user.email_is_lower_case": [{"email": "Asha@example.org"}],
    "statutory_rate.ends_after_it_begins": [{"valid_from": DAY, "valid_to": date(2026, 2, 28)}],
    "statutory_rate.income_share_is_a_percentage": [{"income_share_percent": 0}, {"income_share_percent": 101}],
    "stored_file.sha256_is_whole": [{"sha256": "ab"}],
    "stored_file.size_is_positive": [{"size": 0}],
    "submission.amounts_are_positive": [{"amount_minor": 0, "fee_cover_minor": -1}],
    "submission.cover_is_part_of_the_amount": [{"fee_cover_minor": 5000}],
    "submission.currency_is_a_code": [{"currency": "EÜR"}],
    "tag.has_a_name": [{"name": ""}, {"key": ""}],
    "tag.not_merged_into_itself": [{"id": 77, "merged_into_id": 77, "archived_at": NOON}],
    "tag.version_is_positive": [{"version": 0}],
    "tag.what_is_merged_is_retired": [{"merged_into_id": 1}],
    "tally.count_is_positive": [{"count": 0}],
    "task.done_has_an_instant": [{"status": "done"}, {"done_at": NOON, "done_by_id": 1}],
    "task.done_is_somebodys_deed": [{"status": "done", "done_at": NOON}],
    "task.has_a_subject": [{"subject": ""}],
    "task.is_due_in_our_time": [{"due_on": date(1899, 12, 31)}, {"due_on": date(9999, 1, 1)}],
    "task.version_is_positive": [{"version": 0}],
    "tribute.names_somebody": [{"honoree": ""}],
}  # fmt: skip
"""For each CHECK, changes of a true row that it refuses."""

PARTLY_UNIQUE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "uq_dispute_note_token": ({"token": "one"}, ("token",)),
    "uq_donor_link_open": ({}, ("contact_email_id",)),
    "uq_donor_new_email_open": ({}, ("contact_id",)),
    "uq_account_link_open": ({}, ("staff_user_id", "purpose")),
    "uq_authenticator_confirmed": ({"confirmed_at": NOON, "last_step": 1}, ("staff_user_id",)),
    "uq_authenticator_waiting": ({}, ("staff_user_id",)),
    "uq_consent_wording_current": ({"is_current": True, "purpose": "p"}, ("purpose", "channel")),
    "uq_contact_address_primary": ({"is_primary": True}, ("contact_id",)),
    "uq_contact_email_primary": ({"is_primary": True}, ("contact_id",)),
    "uq_contact_kind": ({"id": 77}, ("kind",)),
    "uq_contact_note_contact": ({"id": 77}, ("contact_id",)),
    "uq_contact_phone_primary": ({"is_primary": True}, ("contact_id",)),
    "uq_contact_review_open_value": ({"value_key": "v"}, ("contact_id", "field", "value_key")),
    "uq_custom_value_several": (
        {"type": "choices", "choice_id": THERE, "number_value": None},
        ("field_id", "contact_id", "choice_id"),
    ),
    "uq_custom_value_single": ({}, ("field_id", "contact_id")),
    "uq_household_member_person": ({}, ("person_id",)),
    "uq_rate_import_token": ({"token": "one"}, ("token",)),
    "uq_receipt_gift_in_force": ({}, ("gift_id",)),
    "uq_receipt_in_force": ({}, ("gift_id",)),
    "uq_receipt_run_under_way": ({}, ("year",)),
    "uq_receipt_status": ({"id": 77}, ("status",)),
    "uq_recurring_change_begun": ({}, ("recurring_gift_id",)),
    "uq_relationship_open": ({}, ("first_id", "second_id", "type_id")),
    "uq_relationship_primary": ({"is_primary": True}, ("first_id",)),
    "uq_round_run_under_way": ({"name": "n", "ended_at": None, "is_well": None}, ("name",)),
}
"""For each unique index over some rows only: what such rows are, and what two of them may not share."""

SIGNED_BY_DESIGN = {
    "checkout.charge_minor": "what the gateway says that it charges; nothing is booked by it",
    "payment.net_minor": "a fee may be more than a small gift",
    "payment.settlement_minor": "told by the gateway in its own currency; the net is made of it",
    "payment.fee_minor": "a gateway may give a fee back",
    "dispute.fee_minor": "the fee of a dispute that is won comes back",
    "payout.amount_minor": "more refunds than gifts: the gateway collects from our bank",
    "payout_line.amount_minor": "what leaves us is negative",
    "payout_line.fee_minor": "the fee of a dispute that is won comes back",
    "payout_line.net_minor": "what leaves us is negative",
    "payout_line.original_minor": "what leaves us is negative",
}
WITHOUT_CHECKS = {
    "appeal": "a code of its own, in a campaign",
    "audit_entry": "never rewritten (triggers), sealed into a chain",
    "audit_key": "kept by the seals it made",
    "bulk_change": "each contact once an action",
    "changed_day": "a note, written by triggers",
    "contact_tag": "each tag once a contact",
    "failed_sign_in": "a note, forgotten soon",
    "fund": "a code of its own",
    "gift_payment": "a payment is of one gift",
    "household": "one a household; its strings are words",
    "page_mark": "one a form, written by triggers",
    "recovery_code": "each once a person",
    "role": "a name of its own",
    "segment_member": "each contact once a segment",
    "staff_role": "each once a person",
}
"""Tables whose rows cannot contradict themselves, and why keys, references and uniqueness are enough for them."""


class Rows:
    """Rows of the tables as the migrated database has them, so that what models would refuse gets there."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._meta, self._number = connection, MetaData(), 0
        self._meta.reflect(connection, only=lambda name, _meta: name in Base.metadata.tables)

    @property
    def tables(self) -> list[Table]:
        """Every table that there was when the database was read."""
        return list(self._meta.tables.values())

    def go_on(self, connection: Connection) -> None:
        """Put rows into another database, or into the same one later, as if it were still the one that was read."""
        self._connection = connection

    def table(self, name: str) -> Table:
        """The table as it is in the database."""
        return self._meta.tables[name]

    def true(self, name: str, /, **changed: Any) -> dict[str, Any]:
        """A row that the database takes; the rows it points to are stored."""
        self._number += 1
        told, row = {**TRUE.get(name, {}), **changed}, {}
        for column in self.table(name).columns:
            if column.name in told or not (column.nullable or column.name == "id"):
                row[column.name] = self._value(column, {**row, **told})
        return row

    def empty(self, name: str, column: str) -> dict[str, Any]:
        """A true row but for one column, which holds nothing."""
        return {**self.true(name), column: null()}

    def store(self, name: str, row: dict[str, Any]) -> Any:
        """Put a row into the database; its key."""
        return self._connection.execute(insert(self.table(name)).values(row)).inserted_primary_key[0]

    def _value(self, column: Column[Any], told: dict[str, Any]) -> Any:
        if column.name in told and told[column.name] is not THERE:
            return told[column.name] if told[column.name] is not NEXT else self._next(column)
        if column.foreign_keys:
            key = next(each for each in column.foreign_keys if each.column.name == "id")
            parent = key.column.table.name
            shared = self._shared(key, told) if THERE in told.values() else {}
            shared |= POINTED_AT.get(f"{column.table.name}.{column.name}", {})
            return 1 if parent == "organisation" else self.store(parent, self.true(parent, **shared))
        some_bytes = f"bytes {self._number}".encode()
        values: dict[type[Any], Any] = {
            Boolean: False, Date: DAY, DateTime: NOON, LargeBinary: some_bytes, JSON: {}, Integer: 1,
        }  # fmt: skip
        found = [value for kind, value in values.items() if isinstance(column.type, kind)]
        return found[0] if found else self._text(column.name)

    def _shared(self, key: ForeignKey, told: dict[str, Any]) -> dict[str, Any]:
        """What the row that is pointed to has in common with the pointing one: the rest of a key of several columns."""
        others = [each for each in key.constraint.elements if each is not key] if key.constraint else []
        return {each.column.name: told[each.parent.name] for each in others if each.parent.name in told}

    def _next(self, column: Column[Any]) -> Any:
        return self._number if isinstance(column.type, Integer) else f"{self._number:064}"

    def _text(self, name: str) -> str:
        fixed = {"currency": "EUR", "country": "FR", "language": "fr"}
        return fixed.get(name, f"{name}-{self._number}@example.org")
