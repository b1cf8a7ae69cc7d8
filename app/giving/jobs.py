"""Letters to donors, each written once and posted once. A job that runs twice finds its letter posted and stops."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving import changed_letters, debit_letters, dispute_letters, letters, refund_letters
from app.giving.letters import Desk
from app.giving.links import DonorLinks
from app.giving.models import DebitNotice, Gift, Receipt, ReceiptStatus, RecurringChange, Tribute
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_pdf import render_receipt
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.jobs import Work, job
from app.kernel.mail import Attachment, Letter, Message, Renderer, attachment, guard, post
from app.payments.mandates import learn_mandate
from app.payments.models import Dispute, Refund

PDF = "application/pdf"


def desk_of(work: Work) -> Desk:
    """What letters are written with here."""
    return Desk(work.ports.get(Renderer), work.ports.get(DonorLinks))


@job("giving.acknowledge")
def acknowledge_gift(work: Work, *, gift_id: int) -> None:
    """Thank the donor of a gift, with the receipt if there is one."""
    _post_once(work, lambda db, desk: letters.thanks(db, desk, db.get_one(Gift, gift_id)))


@job("giving.on_its_way")
def announce_gift(work: Work, *, gift_id: int) -> None:
    """Tell the donor that the money is on its way, unless it has come or failed meanwhile.

    Of a direct debit they are told under which mandate, which is learnt first.
    """
    with work.database.reading() as db:
        payments = [link.payment_id for link in db.get_one(Gift, gift_id).payments]
    for payment_id in payments:
        learn_mandate(work, payment_id)
    _post_once(work, lambda db, desk: debit_letters.begun_debit(db, desk, db.get_one(Gift, gift_id)))


@job("giving.announce_debit")
def announce_debit(work: Work, *, notice_id: int) -> None:
    """Tell a donor of a coming direct debit."""
    _post_once(work, lambda db, desk: debit_letters.coming_debit(db, desk, db.get_one(DebitNotice, notice_id)))


@job("giving.failed")
def tell_failure(work: Work, *, gift_id: int) -> None:
    """Tell the donor that the payment did not go through."""
    _post_once(work, lambda db, desk: letters.failed(db, desk, db.get_one(Gift, gift_id)))


@job("giving.tribute")
def notify_of_tribute(work: Work, *, gift_id: int) -> None:
    """Tell whoever the donor named of a gift in honour or in memory."""
    _post_once(work, lambda db, desk: letters.tribute_notice(db, desk, db.get_one(Gift, gift_id)))


@job("giving.send_receipt")
def send_receipt(work: Work, *, receipt_id: int) -> None:
    """Send a receipt on its own, or word that it is void; nothing where it went with another mail."""
    _post_once(work, lambda db, desk: _word_of_receipt(db, desk, db.get_one(Receipt, receipt_id)))


def _word_of_receipt(db: Session, desk: Desk, receipt: Receipt) -> Letter | None:
    is_delivered = receipt.status is ReceiptStatus.ISSUED and receipt.sent_at is not None
    return None if is_delivered else letters.receipt_letter(db, desk, receipt)


@job("giving.refunded")
def tell_of_refund(work: Work, *, refund_id: int) -> None:
    """Tell the donor that money was given back, and what became of their receipt."""
    _post_once(work, lambda db, desk: refund_letters.refunded(db, desk, db.get_one(Refund, refund_id)))


@job("giving.refund_failed")
def tell_of_failed_refund(work: Work, *, refund_id: int) -> None:
    """Tell the donor that a refund which we wrote of did not arrive."""
    _post_once(work, lambda db, desk: refund_letters.refund_failed(db, desk, db.get_one(Refund, refund_id)))


@job("giving.recurring_changed")
def tell_of_change(work: Work, *, change_id: int) -> None:
    """Tell the donor what was changed of their recurring gift."""
    _post_once(work, lambda db, desk: changed_letters.changed(db, desk, db.get_one(RecurringChange, change_id)))


@job("giving.tell_of_dispute")
def tell_of_dispute(work: Work, *, dispute_id: int) -> None:
    """Tell those who may refund of a dispute that has opened."""
    _tell_staff(work, dispute_id, dispute_letters.OPENED)


@job("giving.remind_of_dispute")
def remind_of_dispute(work: Work, *, dispute_id: int) -> None:
    """Tell them again, shortly before its time is over."""
    _tell_staff(work, dispute_id, dispute_letters.REMINDER)


@job("giving.tell_of_loss")
def tell_of_loss(work: Work, *, dispute_id: int) -> None:
    """Tell them that a dispute is lost, or that a debit went back."""
    _tell_staff(work, dispute_id, dispute_letters.LOST)


def _tell_staff(work: Work, dispute_id: int, purpose: str) -> None:
    """A letter to each, in one transaction: all are told, or nobody yet."""
    with work.database.reading() as db:
        written = dispute_letters.dispute_letters(db, desk_of(work), db.get_one(Dispute, dispute_id), purpose)
    about = (Message.purpose == purpose, Message.about_type == "dispute", Message.about_id == dispute_id)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(*about).limit(1)) is None:
            for letter in written:
                post(db, letter)


def post_letter(db: Session, letter: Letter) -> None:
    """Post a letter; receipts that go with it are delivered from now on, and the tribute's person is told."""
    post(db, letter)
    for _kind, receipt_id in letter.attachments:
        db.get_one(Receipt, receipt_id).mark_sent(now())
    if letter.purpose == letters.TRIBUTE:
        db.scalars(select(Tribute).where(Tribute.gift_id == letter.about_id)).one().notified()


def _post_once(work: Work, write: Callable[[Session, Desk], Letter | None]) -> None:
    """Write in a session that only reads, so that nobody waits for the words; then post, if nobody has."""
    with work.database.reading() as db:
        letter = write(db, desk_of(work))
    if letter is None:
        return
    same = (
        Message.purpose == letter.purpose, Message.about_type == letter.about_type, Message.about_id == letter.about_id
    )  # fmt: skip
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(*same).limit(1)) is None:
            post_letter(db, letter)


@guard("gift")
def gift_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter about a gift may still leave: not to somebody who has died meanwhile."""
    if message.purpose == letters.TRIBUTE or message.about_id is None:
        return True  # it goes to somebody else
    return not db.get_one(Gift, message.about_id).contact.is_deceased


@guard("refund")
def refund_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether word of a refund may still leave: only while it is true, and to somebody who lives."""
    return message.about_id is None or refund_letters.may_tell(db, db.get_one(Refund, message.about_id), message)


@guard("recurring_change")
def change_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter about a recurring gift may still leave: not to somebody who has died meanwhile."""
    if message.about_id is None:
        return True
    return not db.get_one(RecurringChange, message.about_id).recurring.contact.is_deceased


@guard("debit_notice")
def debit_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether word of a coming debit may still leave: only while it is true, and to somebody who lives."""
    return message.about_id is None or debit_letters.may_tell(db, db.get_one(DebitNotice, message.about_id))


@guard("receipt")
def receipt_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter with a receipt may still leave: not to somebody who has died meanwhile."""
    return message.about_id is None or not db.get_one(Receipt, message.about_id).contact.is_deceased


def printed(receipt: Receipt, *, is_copy: bool) -> Attachment:
    """The receipt as a PDF file, from what was stored when it was issued."""
    content = ReceiptContent.from_json(receipt.content)
    pdf = render_receipt(content, is_copy=is_copy, is_void=receipt.status is not ReceiptStatus.ISSUED)
    word = "recu" if content.language == "fr" else "receipt"
    return Attachment(f"{word}-{receipt.code or 'specimen'}.pdf", PDF, pdf)


def _stored(work: Work, receipt_id: int) -> Receipt:
    """A receipt as it is stored; it is printed when the database is let go of."""
    with work.database.reading() as db:
        return db.get_one(Receipt, receipt_id)


@attachment("receipt")
def original_receipt(work: Work, receipt_id: int) -> Attachment:
    """The receipt as first delivered to its donor."""
    return printed(_stored(work, receipt_id), is_copy=False)


@attachment("receipt_copy")
def copy_of_receipt(work: Work, receipt_id: int) -> Attachment:
    """The receipt marked as a copy."""
    return printed(_stored(work, receipt_id), is_copy=True)
