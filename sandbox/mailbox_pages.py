"""The mail catcher's pages: the list, one message with its parts, and the same as JSON for tests.

Messages are shown as untrusted: their HTML stands in a sandboxed frame under its own policy and runs no script.
"""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import EmailMessage, MIMEPart

    from flask.typing import ResponseReturnValue

bp = Blueprint("mailbox", __name__)

MOST_SHOWN = 200
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Links of a message open in a new, ordinary tab; nothing else in it may act.
MESSAGE_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; frame-ancestors 'self'"
)
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class _Caught(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def sent_at(self) -> datetime: ...
    @property
    def message(self) -> EmailMessage: ...


class _Store(Protocol):
    def find(self, number: int) -> _Caught | None: ...
    def numbers(self) -> list[int]: ...
    def clear(self) -> None: ...


def create_pages(store: _Store) -> Flask:
    """The application that shows this store. It answers to the loopback names only, whatever name points here."""
    app = Flask("sandbox.mailbox", template_folder="templates/mailbox", static_folder="static")
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["store"] = store
    app.register_blueprint(bp)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _store() -> _Store:
    store: _Store = current_app.extensions["store"]
    return store


def _caught_or_404(number: int) -> _Caught:
    return _store().find(number) or abort(404)


def _newest() -> list[_Caught]:
    numbers = reversed(_store().numbers()[-MOST_SHOWN:])
    return [caught for number in numbers if (caught := _store().find(number))]


@bp.get("/")
def every() -> ResponseReturnValue:
    """Every message, newest first."""
    mails = [_summary(caught) for caught in _newest()]
    return render_template("list.html", mails=mails, total=len(_store().numbers()))


@bp.get("/messages.json")
def every_as_json() -> ResponseReturnValue:
    """The same list for programs: `{"messages": [{"id", "from", "to", "subject", …}]}`, newest first."""
    return jsonify(messages=[_summary(caught) for caught in _newest()])


@bp.get("/messages/<int:number>")
def one(number: int) -> ResponseReturnValue:
    """One message with its parts and headers."""
    caught = _caught_or_404(number)
    return render_template("message.html", mail=_whole(caught), headers=caught.message.items())


@bp.get("/messages/<int:number>.json")
def one_as_json(number: int) -> ResponseReturnValue:
    """One message for programs, with `text`, `html`, `headers` and its attachments' addresses."""
    caught = _caught_or_404(number)
    headers = [[name, str(value)] for name, value in caught.message.items()]
    return jsonify({**_whole(caught), "headers": headers})


@bp.get("/messages/<int:number>/html")
def html_part(number: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame."""
    caught = _caught_or_404(number)
    html = _body(caught.message, "html")
    if html is None:
        abort(404)
    return Response(
        f'<base target="_blank">{_with_pictures(html, caught)}',
        mimetype="text/html",
        headers={"Content-Security-Policy": MESSAGE_POLICY},
    )


@bp.get("/messages/<int:number>/source")
def source(number: int) -> ResponseReturnValue:
    """The whole message as it was sent."""
    return Response(_caught_or_404(number).message.as_bytes(), mimetype="text/plain")


@bp.get("/messages/<int:number>/parts/<int:index>")
def part(number: int, index: int) -> ResponseReturnValue:
    """An attachment to download; a picture may also be shown inside the message."""
    parts = list(_attachments(_caught_or_404(number).message))
    if index >= len(parts):
        abort(404)
    found = parts[index]
    response = Response(_bytes_of(found), mimetype=found.get_content_type())
    if found.get_content_type() not in PICTURES:
        response.headers.set("Content-Disposition", "attachment", filename=_name_of(found, index))
    return response


@bp.route("/clear", methods=["POST", "DELETE"])
def clear() -> ResponseReturnValue:
    """Delete every message. Another site's page may not ask for it."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403)
    _store().clear()
    return ("", 204) if request.method == "DELETE" else redirect(url_for(".every"), 303)


def _summary(caught: _Caught) -> dict[str, object]:
    message = caught.message
    return {
        "id": caught.number,
        "sent_at": caught.sent_at.isoformat(timespec="seconds"),
        "sent": f"{caught.sent_at:%d %b %Y, %H:%M:%S} UTC",
        "from": str(message.get("From", "")),
        "to": str(message.get("To", "")),
        "delivered_to": [address for _name, address in getaddresses(message.get_all("Delivered-To", []))],
        "subject": str(message.get("Subject", "")),
        "attachments": len(list(_attachments(message))),
    }


def _whole(caught: _Caught) -> dict[str, object]:
    attachments = [
        {
            "name": _name_of(found, index),
            "type": found.get_content_type(),
            "size": len(_bytes_of(found)),
            "url": url_for(".part", number=caught.number, index=index),
        }
        for index, found in enumerate(_attachments(caught.message))
    ]
    bodies = {"text": _body(caught.message, "plain"), "html": _body(caught.message, "html")}
    return {**_summary(caught), **bodies, "attachments": attachments}


def _leaves(message: EmailMessage) -> Iterator[MIMEPart]:
    return (found for found in message.walk() if not found.is_multipart())


def _is_body(found: MIMEPart) -> bool:
    return found.get_content_maintype() == "text" and not found.is_attachment() and not found.get_filename()


def _body(message: EmailMessage, kind: str) -> str | None:
    """The first text part of that kind, decoded as well as can be."""
    for found in _leaves(message):
        if _is_body(found) and found.get_content_subtype() == kind:
            charset = found.get_content_charset("utf-8")
            try:
                return _bytes_of(found).decode(charset, "replace")
            except LookupError:
                return _bytes_of(found).decode("utf-8", "replace")
    return None


def _attachments(message: EmailMessage) -> Iterator[MIMEPart]:
    return (found for found in _leaves(message) if not _is_body(found))


def _bytes_of(found: MIMEPart) -> bytes:
    payload = found.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _name_of(found: MIMEPart, index: int) -> str:
    return found.get_filename() or f"part-{index + 1}"


def _with_pictures(html: str, caught: _Caught) -> str:
    """The HTML with `cid:` addresses turned into ours."""
    addresses = {
        str(found["Content-ID"]).strip().strip("<>"): url_for(".part", number=caught.number, index=index)
        for index, found in enumerate(_attachments(caught.message))
        if found["Content-ID"]
    }
    return re.sub(r"cid:([^\"'\s)>]+)", lambda match: addresses.get(match[1], match[0]), html)
