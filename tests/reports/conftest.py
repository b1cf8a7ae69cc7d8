"""Gifts made in these tests must add up too."""

from tests.giving.conftest import books_in_balance, upset_books  # noqa: F401 - found by their names
