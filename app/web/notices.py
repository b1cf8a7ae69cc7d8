"""Notices that offer to undo what was just done: one click, no question asked of the database."""

from flask import flash

UNDO = "undo"


def flash_with_undo(message: str, url: str) -> None:
    """Say on the next page what was done, with a button that posts to `url`, an address of ours, to undo it."""
    flash((message, url), UNDO)  # type: ignore[arg-type]  # kept in the signed session like any other notice
