"""The search over everything a person may see: people, and whatever other features find."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.contacts.queries.search import search_contacts
from app.web.application import db
from app.web.auth import current_actor, signed_in
from app.web.feature import SearchHit
from app.web.nav import features

bp = Blueprint("search", __name__)
AT_ONCE = 10
ON_A_PAGE = 50


def find_contacts(db: Session, text: str, limit: int) -> Sequence[SearchHit]:
    """People, households and organisations, best first."""
    return [
        SearchHit(
            contact.id,
            contact.kind.value,
            contact.name,
            url_for("contacts.show", contact_id=contact.id),
            contact.primary_email.address if contact.primary_email else "",
        )
        for contact in search_contacts(db, text, limit, is_brief=True)
    ]


@bp.route("/search")
@signed_in
def results() -> ResponseReturnValue:
    """What was found: a page, or for programs {"results": [{"id", "kind", "name", "url"}]}.

    The search box asks for "detail" too, which tells people of the same name apart.
    """
    text = request.args.get("q", "")
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        parts = ("id", "kind", "name", "url", *(["detail"] if "detail" in request.args else []))
        hits: list[dict[str, Any]] = [{part: getattr(hit, part) for part in parts} for hit in _find(text, AT_ONCE)]
        answer = jsonify(results=hits)
    else:
        answer = make_response(render_template("search/results.html", text=text, hits=_find(text, ON_A_PAGE)))
    answer.vary.add("Accept")
    return answer


def _find(text: str, limit: int) -> list[SearchHit]:
    """The hits of every source that the reader may use, in the order of the features."""
    actor = current_actor()
    sources = [source for feature in features().all for source in feature.search if actor.may(source.capability)]
    return [hit for source in sources for hit in source.find(db, text, limit)] if text.strip() else []
