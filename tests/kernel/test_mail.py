"""Letters are written with their cause, leave once, and arrive as they were meant, over a real mail server."""

import smtplib
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import func, select, update

from app.kernel import mail
from app.kernel.errors import Outside
from app.kernel.jobs import Job, JobStatus
from app.kernel.mail import Attachment, Letter, Mailer, Message, MessageStatus, NoMailer, SmtpMailer, attachment, post
from app.kernel.organisation import the_organisation
from sandbox.mailbox import free_port

pytestmark = pytest.mark.db
LETTER = Letter(
    to_address="eloise@example.org", to_name="Éloïse “Lou” Lefèvre, née Martin", subject="Merci, Éloïse : नमस्ते !",
    text="Votre don de 50 € est bien arrivé.\n", html="<p>Votre don de <b>50 €</b> est bien arrivé.</p>",
    language="fr", purpose="thanks",
)  # fmt: skip


@attachment("test.paper")
def make_paper(work, key):
    return Attachment(f"reçu {key}.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)))


class Postbox:
    """A mail server on this machine that keeps what it is sent, and refuses it when told to."""

    def __init__(self, **options):
        self.port = free_port()
        self.answer = "250 OK"
        self.envelopes = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_error):
        self._controller.stop()

    @property
    def messages(self):
        return [message_from_bytes(each.original_content, policy=policy.default) for each in self.envelopes]


@pytest.fixture
def sender(database):
    with database.writing() as db:
        mail.act_as(db, mail.SYSTEM)
        organisation = the_organisation(db)
        organisation.name, organisation.sender_address = "Planète Népal", "bonjour@example.org"
        organisation.email = "bureau@example.org"


@pytest.fixture
def server():
    with Postbox(enable_SMTPUTF8=False) as found:
        yield found


@pytest.fixture
def plugged(app):
    """A way to plug in a mailer, for this test alone."""
    before = app.ports.get(Mailer)
    yield lambda mailer: app.ports.provide(Mailer, mailer)
    app.ports.provide(Mailer, before)


@pytest.fixture
def smtp(server, plugged, sender):
    plugged(SmtpMailer(f"smtp://127.0.0.1:{server.port}"))
    return server


def write(database, **changes):
    with database.writing() as db:
        return post(db, Letter(**{**LETTER.__dict__, **changes})).id


def the_message(database):
    with database.reading() as db:
        return db.scalars(select(Message)).one()


def the_job(database):
    with database.reading() as db:
        return db.scalars(select(Job)).one()


def test_a_letter_arrives_with_its_accents_in_both_its_forms(database, smtp, run_jobs):
    write(database)
    assert run_jobs() == 1
    [message] = smtp.messages

    assert str(message["From"]) == "Planète Népal <bonjour@example.org>"
    assert message["To"].addresses[0].display_name == LETTER.to_name
    assert message["To"].addresses[0].addr_spec == LETTER.to_address
    assert message["Reply-To"] == "bureau@example.org"
    assert message["Subject"] == LETTER.subject
    assert message["Content-Language"] == "fr"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == the_message(database).created_at.replace(microsecond=0)
    assert message.get_body(("plain",)).get_content().splitlines() == LETTER.text.splitlines()
    assert message.get_body(("html",)).get_content().strip() == LETTER.html
    assert all(byte < 128 for byte in smtp.envelopes[0].original_content)


def test_a_letter_brings_its_papers(database, smtp, run_jobs):
    write(database, attachments=(("test.paper", 17),))
    run_jobs()

    [paper] = smtp.messages[0].iter_attachments()
    assert (paper.get_filename(), paper.get_content_type()) == ("reçu 17.pdf", "application/pdf")
    assert paper.get_content() == b"%PDF-1.7 " + bytes(range(256))


def test_a_letter_leaves_once_however_often_its_job_runs(app, database, smtp, run_jobs):
    key = write(database)
    run_jobs()
    mail.send_message(app.work, message_id=key)

    assert len(smtp.envelopes) == 1
    message = the_message(database)
    assert message.status is MessageStatus.SENT
    assert message.sent_at is not None


def test_a_copy_sent_after_a_crash_is_known_as_the_same_message(app, database, smtp, run_jobs):
    key = write(database)
    run_jobs()
    with database.writing() as db:  # as if the process had ended before it could note that the letter left
        db.execute(update(Message).values(status=MessageStatus.WAITING, sent_at=None))
    mail.send_message(app.work, message_id=key)

    first, again = smtp.messages
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")
    assert first["Date"] == again["Date"]


def test_two_letters_have_two_names(database, smtp, run_jobs):
    write(database)
    write(database)
    run_jobs()

    assert len({message["Message-ID"] for message in smtp.messages}) == 2


def test_a_letter_exists_only_with_its_cause(database, smtp, run_jobs):
    with database.session(writes=True) as db:
        post(db, LETTER)
        db.rollback()

    assert run_jobs() == 0
    assert smtp.envelopes == []
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize("answer", ["451 try later", "554 no spam, please"])
def test_a_letter_that_is_not_taken_waits_and_is_tried_again(database, smtp, run_jobs, answer):
    smtp.answer = answer
    write(database)
    run_jobs()
    assert the_message(database).status is MessageStatus.WAITING
    assert the_job(database).last_error.startswith("Outside")

    smtp.answer = "250 OK"
    with database.writing() as db:
        db.scalars(select(Job)).one().retry(the_job(database).created_at)
    run_jobs()
    assert len(smtp.envelopes) == 1


def test_a_letter_waits_while_no_server_answers(database, plugged, sender, run_jobs):
    plugged(SmtpMailer(f"smtp://127.0.0.1:{free_port()}"))
    write(database)

    assert run_jobs() == 0
    assert (the_job(database).status, the_message(database).status) == (JobStatus.WAITING, MessageStatus.WAITING)


def test_a_letter_waits_while_no_server_is_set(database, plugged, sender, run_jobs):
    plugged(NoMailer())
    write(database)

    assert run_jobs() == 0
    assert the_job(database).last_error.startswith("Outside")


def test_a_letter_waits_while_nobody_is_set_to_send_it(app, database, server, plugged):
    plugged(SmtpMailer(f"smtp://127.0.0.1:{server.port}"))
    key = write(database)
    with database.writing() as db:
        mail.act_as(db, mail.SYSTEM)
        the_organisation(db).sender_address = ""

    with pytest.raises(Outside, match="sender"):
        mail.send_message(app.work, message_id=key)
    assert server.envelopes == []


def test_nothing_typed_by_a_donor_becomes_a_header(database, smtp, run_jobs):
    write(database, to_name="Ram\r\nBcc: all@example.org", subject="Hello\nX-Evil: yes")
    run_jobs()

    [message], [envelope] = smtp.messages, smtp.envelopes
    assert envelope.rcpt_tos == ["eloise@example.org"]
    assert (message["Bcc"], message["X-Evil"]) == (None, None)
    assert message["Subject"] == "Hello X-Evil: yes"


def test_a_domain_with_accents_is_written_as_mail_servers_know_it(database, smtp, run_jobs):
    write(database, to_address="jean@planète.example")

    assert run_jobs() == 1
    assert smtp.envelopes[0].rcpt_tos == ["jean@xn--plante-6ua.example"]


def test_an_address_with_accents_waits_for_a_server_that_speaks_them(database, smtp, plugged, run_jobs):
    write(database, to_address="éloïse@example.org")
    assert run_jobs() == 0

    with Postbox(enable_SMTPUTF8=True) as modern:
        plugged(SmtpMailer(f"smtp://127.0.0.1:{modern.port}"))
        with database.writing() as db:
            db.scalars(select(Job)).one().retry(the_job(database).created_at)
        assert run_jobs() == 1
    assert modern.envelopes[0].rcpt_tos == ["éloïse@example.org"]


@pytest.mark.parametrize("to", ["eloise@example.org", "éloïse@example.org"])
def test_a_line_that_begins_with_from_arrives_as_it_was_written(database, sender, plugged, run_jobs, to):
    words = "We have news.\nFrom Kathmandu we send our thanks.\n"
    with Postbox(enable_SMTPUTF8=True) as modern:
        plugged(SmtpMailer(f"smtp://127.0.0.1:{modern.port}"))
        write(database, to_address=to, text=words, html="<p>We have news.\nFrom Kathmandu.</p>")
        assert run_jobs() == 1
    [message] = modern.messages

    assert message.get_body(("plain",)).get_content().splitlines() == words.splitlines()
    assert ">From" not in message.get_body(("html",)).get_content()
    assert modern.envelopes[0].mail_from == "bonjour@example.org"
    assert modern.envelopes[0].smtp_utf8 is not to.isascii()


class Doorkeeper:
    """Lets in whoever knows the words."""

    def __init__(self):
        self.heard = []

    def __call__(self, _server, _session, _envelope, _mechanism, words):
        self.heard.append((words.login.decode(), words.password.decode()))
        return AuthResult(success=words.password == b"p@ss:w/rd", handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "letters"), [("p%40ss%3Aw%2Frd", 1), ("wrong", 0)])
@pytest.mark.usefixtures("sender")
def test_a_server_that_asks_for_a_password_is_given_it(database, plugged, run_jobs, password, letters):
    door = Doorkeeper()
    with Postbox(authenticator=door, auth_required=True, auth_require_tls=False) as closed:
        plugged(SmtpMailer(f"smtp://sahayog%40example.org:{password}@127.0.0.1:{closed.port}"))
        write(database)
        assert run_jobs() == letters

    assert door.heard[0][0] == "sahayog@example.org"
    assert len(closed.envelopes) == letters


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.org", ""])
def test_an_address_of_no_mail_server_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpMailer(url)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_where_encryption_is_asked_for_nothing_is_said_without_it(server, scheme):
    mailer = SmtpMailer(f"{scheme}://user:secret@127.0.0.1:{server.port}")
    message = mail._mime(Message(**_columns(), token="T"), ("Org", "a@example.org"), None, [])

    with pytest.raises(Outside) as failed:
        mailer.send(message)
    assert isinstance(failed.value.__cause__, OSError | smtplib.SMTPException)
    assert server.envelopes == []


def _columns():
    kept = {"to_address", "to_name", "subject", "text", "html", "language", "purpose"}
    return {name: value for name, value in LETTER.__dict__.items() if name in kept}
