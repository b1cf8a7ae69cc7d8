"""What is stored about giving."""

from app.giving.models.day import ChangedDay, GivingDay, GivingDayFund
from app.giving.models.debit_notice import DebitNotice
from app.giving.models.failed_charge import ChargeTry, FailedCharge, FailedChargeStatus
from app.giving.models.form import FeeCover, FormFund, FormStatus, GivingForm, Terms
from app.giving.models.gift import Allocation, Gift, GiftPayment, GiftStatus, ReceiptChoice
from app.giving.models.page_mark import PageMark
from app.giving.models.receipt import (
    GIFT_REVERSED,
    MONEY_RETURNED,
    VOID_REASONS,
    Receipt,
    ReceiptGift,
    ReceiptSequence,
    ReceiptStatus,
    StatutoryRate,
    receipt_code,
)
from app.giving.models.receipt_run import ReceiptRun, RunStatus
from app.giving.models.recurring import RecurringAllocation, RecurringGift, RecurringStatus
from app.giving.models.recurring_change import (
    END_REASONS,
    WANTED_KINDS,
    ChangeKind,
    ChangeStatus,
    EndReason,
    RecurringChange,
)
from app.giving.models.soft_credit import CreditRole, SoftCredit
from app.giving.models.submission import DonorKind, Submission, Tribute, TributeKind, TributeStatus
from app.giving.models.totals import GivingTotal

__all__ = [
    "END_REASONS",
    "GIFT_REVERSED",
    "MONEY_RETURNED",
    "VOID_REASONS",
    "WANTED_KINDS",
    "Allocation",
    "ChangeKind",
    "ChangeStatus",
    "ChangedDay",
    "ChargeTry",
    "CreditRole",
    "DebitNotice",
    "DonorKind",
    "EndReason",
    "FailedCharge",
    "FailedChargeStatus",
    "FeeCover",
    "FormFund",
    "FormStatus",
    "Gift",
    "GiftPayment",
    "GiftStatus",
    "GivingDay",
    "GivingDayFund",
    "GivingForm",
    "GivingTotal",
    "PageMark",
    "Receipt",
    "ReceiptChoice",
    "ReceiptGift",
    "ReceiptRun",
    "ReceiptSequence",
    "ReceiptStatus",
    "RecurringAllocation",
    "RecurringChange",
    "RecurringGift",
    "RecurringStatus",
    "RunStatus",
    "SoftCredit",
    "StatutoryRate",
    "Submission",
    "Terms",
    "Tribute",
    "TributeKind",
    "TributeStatus",
    "receipt_code",
]
