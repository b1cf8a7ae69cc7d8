"""Records named by an address."""

from typing import TypeVar

from sqlalchemy.orm.interfaces import ORMOption

from app.kernel.db import Record
from app.kernel.errors import NotFound
from app.web.application import db

Kept = TypeVar("Kept", bound=Record)
LARGEST_KEY = 2**63 - 1


def get_or_404(model: type[Kept], key: int, *options: ORMOption) -> Kept:
    """The record with this key; `options` say what is read with it.

    Raises:
        NotFound: there is none.

    """
    found = db.get(model, key, options=options) if 0 < key <= LARGEST_KEY else None
    if found is None:
        raise NotFound
    return found
