"""What is compared between the migrations and the models."""

UNMAPPED = ("contact_search", "ix_contact_search_key_trigrams", "ix_contact_search_word")


def include(_thing: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """Leave out what models do not know: the search index."""
    return not (name or "").startswith(UNMAPPED)
