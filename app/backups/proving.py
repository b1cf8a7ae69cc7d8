"""What is looked at after a restore: whether the books add up, and whether our keys open what it holds."""

from collections.abc import Iterator

from sqlalchemy import select

from app.kernel.db import Base, Database
from app.kernel.jobs import Work
from app.kernel.rotation import encrypted_columns
from app.kernel.rounds import Rounds
from app.kernel.secrets import SealedError

PROOFS = ("books.check", "totals.verify", "audit.verify")
"""The rounds that tell whether what was restored is whole."""


def prove(work: Work) -> Iterator[tuple[str, bool, str]]:
    """(what was looked at, whether all is well, what was found) for each proof this installation has."""
    for name in PROOFS:
        proof = work.ports.get(Rounds).get(name)
        if proof is not None:
            found = proof.run(work)
            figures = ", ".join(f"{each}: {value}" for each, value in found.facts.items())
            words = proof.wording(found.facts) if proof.wording else figures
            yield name, found.is_well, words
    sealed = list(unreadable(work.database))
    yield "keys", not sealed, " ".join(sealed) or "Every encrypted column can be read."


def unreadable(database: Database) -> Iterator[str]:
    """What the keys of this installation do not open, a line for each column."""
    for column in encrypted_columns(Base.metadata):
        with database.snapshot() as db:  # rows come a few at a time, within one transaction
            try:
                for _value in db.scalars(select(column).execution_options(yield_per=500)):
                    pass
            except SealedError as closed:
                yield f"{closed}."
