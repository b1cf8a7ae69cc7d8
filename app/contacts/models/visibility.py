"""Who of the staff may read what one of them wrote down or attached."""

from enum import StrEnum


class Visibility(StrEnum):
    """Everybody who reads contacts; those with a right to what is restricted, and the author; the author alone."""

    EVERYBODY = "everybody"
    RESTRICTED = "restricted"
    AUTHOR = "author"
