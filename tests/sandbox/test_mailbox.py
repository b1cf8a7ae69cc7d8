"""The mail catcher: what is sent arrives whole, is shown safely, and stays over a restart."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sandbox.mailbox import Mailbox, MailStore
from sandbox.mailbox_pages import create_pages

PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path) as running:
        yield running


@pytest.fixture
def pages(mailbox: Mailbox) -> FlaskClient:
    return create_pages(mailbox.store).test_client()


def thank_you() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Merci, Éloïse — धन्यवाद"
    message["From"] = "Planète Népal <bonjour@planete-nepal.example>"
    message["To"] = "Éloïse <eloise@exemple.example>"
    message.set_content("Merci pour votre don de 50 €.")
    message.add_alternative(
        '<p>Merci ! <a href="http://127.0.0.1/x">Votre reçu</a> <img src="cid:logo"></p><script>alert(1)</script>',
        subtype="html",
    )
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="reçu 2026.pdf")
    message.add_attachment(PICTURE, maintype="image", subtype="png", filename="logo.png", cid="<logo>")
    return message


def send(mailbox: Mailbox, message: EmailMessage, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as smtp:
        smtp.send_message(message, to_addrs=list(recipients) or ["eloise@exemple.example"])


def test_a_message_arrives_with_its_accents_and_its_files(mailbox: Mailbox) -> None:
    send(mailbox, thank_you())
    (message,) = mailbox.messages
    assert message["Subject"] == "Merci, Éloïse — धन्यवाद"
    assert message.get_body(("plain",)).get_content().strip() == "Merci pour votre don de 50 €."
    assert [part.get_filename() for part in message.iter_attachments()] == ["reçu 2026.pdf", "logo.png"]


def test_messages_stay_when_the_catcher_is_started_again(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as first:
        send(first, thank_you())
    with Mailbox(tmp_path) as second:
        send(second, thank_you())
        assert second.store.numbers() == [1, 2]


def test_a_mailbox_without_a_folder_forgets_its_messages() -> None:
    with Mailbox() as mailbox:
        send(mailbox, thank_you())
        folder = mailbox.store.folder
        assert len(mailbox.messages) == 1
    assert not folder.exists()


def test_the_list_shows_the_newest_first(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    later = thank_you()
    later.replace_header("Subject", "The second")
    send(mailbox, later)
    subjects = [mail["subject"] for mail in pages.get("/messages.json").json["messages"]]
    assert subjects == ["The second", "Merci, Éloïse — धन्यवाद"]
    page = pages.get("/").text
    assert page.index("The second") < page.index("Merci, Éloïse")


@pytest.mark.parametrize("said", ["Sat, 01 Jan 2028 10:00:00 +0100", "whenever"])
def test_the_list_shows_when_a_message_says_that_it_was_sent(mailbox: Mailbox, pages: FlaskClient, said: str) -> None:
    mail = thank_you()
    del mail["Date"]
    mail["Date"] = said
    send(mailbox, mail)
    assert ("01 Jan 2028, 09:00:00 UTC" in pages.get("/").text) is (said != "whenever")


def test_blind_copies_are_known_by_the_envelope(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you(), "eloise@exemple.example", "archive@exemple.example")
    mail = pages.get("/messages/1.json").json
    assert mail["delivered_to"] == ["eloise@exemple.example", "archive@exemple.example"]


def test_a_program_reads_both_parts_and_the_headers(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    mail = pages.get("/messages/1.json").json
    assert "50 €" in mail["text"]
    assert "Votre reçu" in mail["html"]
    assert ["From", "Planète Népal <bonjour@planete-nepal.example>"] in mail["headers"]


def test_files_are_downloaded_as_they_were_sent(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    receipt, logo = pages.get("/messages/1.json").json["attachments"]
    answer = pages.get(receipt["url"])
    assert answer.data == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert pages.get(logo["url"]).data == PICTURE


def test_the_html_part_runs_no_script_and_shows_its_own_pictures(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    answer = pages.get("/messages/1/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert 'src="/messages/1/parts/1"' in answer.text
    assert 'sandbox="allow-popups' in pages.get("/messages/1").text


def test_all_pages_have_a_strict_policy(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    for address in ("/", "/messages/1"):
        assert "default-src 'none'" in pages.get(address).headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/messages/7", "/messages/7.json", "/messages/7/html", "/messages/1/parts/99"])
def test_what_is_not_there_is_not_found(mailbox: Mailbox, pages: FlaskClient, address: str) -> None:
    send(mailbox, thank_you())
    assert pages.get(address).status_code == 404


def test_a_message_of_one_plain_part_has_no_html(mailbox: Mailbox, pages: FlaskClient) -> None:
    plain = EmailMessage()
    plain["To"] = "a@b.example"
    plain.set_content("Only text")
    send(mailbox, plain)
    assert pages.get("/messages/1/html").status_code == 404
    assert "(no subject)" in pages.get("/messages/1").text


def test_a_message_in_an_unknown_encoding_is_still_shown(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    store.keep(b"Subject: odd\r\nContent-Type: text/plain; charset=nothing-known\r\n\r\nHello")
    assert create_pages(store).test_client().get("/messages/1.json").json["text"] == "Hello"


def test_clearing_deletes_everything_and_does_not_reuse_numbers(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    assert pages.post("/clear").status_code == 303
    assert mailbox.messages == []
    send(mailbox, thank_you())
    assert mailbox.store.numbers() == [2]
    assert pages.delete("/clear").status_code == 204
    assert mailbox.store.numbers() == []


def test_another_site_may_not_clear_the_mailbox(mailbox: Mailbox, pages: FlaskClient) -> None:
    send(mailbox, thank_you())
    assert pages.post("/clear", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert len(mailbox.messages) == 1


def test_a_foreign_name_that_points_here_is_refused(pages: FlaskClient) -> None:
    assert pages.get("/", headers={"Host": "rebound.example"}).status_code == 400
