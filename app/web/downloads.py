"""Files to take along: written while they are sent, and kept nowhere on their way."""

from collections.abc import Iterable

from flask import Response

from app.kernel.spreadsheets import XLSX

KINDS = {"csv": "text/csv", "xlsx": XLSX, "jsonl": "application/jsonl"}
"""What a browser is told of a file, by the ending of its name."""


def download(parts: Iterable[str] | Iterable[bytes], name: str, kind: str) -> Response:
    """An answer that is saved as `name`.`kind`, one of `KINDS`. `name` is ours: ASCII letters, figures and hyphens."""
    answer = Response(parts, mimetype=KINDS[kind])
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.{kind}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
