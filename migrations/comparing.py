"""What is compared between the migrations and the models."""

UNMAPPED = ("contact_search", "ix_contact_search_key_trigrams", "ix_contact_search_word", "ix_gift_counting")


def include(_thing: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """Leave out what models do not know: the search index, and what only one kind of database has."""
    return not (name or "").startswith(UNMAPPED)
