"""What tells whether a giving page that was kept is still true: a mark that changes with anything the page shows."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key


class PageMark(Base):
    """A random number for each giving form, another one after every change of what its page shows.

    Triggers of the database write it (`migrations/page_marks.py` lists the tables they watch), in the transaction of
    the change, whoever makes it; the product only reads. Random, not counted: a database that was restored never shows
    a mark again under which something else was kept.
    """

    __tablename__ = "page_mark"

    form_id: Mapped[int] = mapped_column(Key, ForeignKey("giving_form.id", ondelete="CASCADE"), primary_key=True)
    mark: Mapped[int] = mapped_column(Key)
