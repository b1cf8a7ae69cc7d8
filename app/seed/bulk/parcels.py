"""A crowd and its gifts in parcels: what one process makes and another writes, each for the database it is for."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.seed.bulk import crowd, generosity, searching
from app.seed.bulk.apart import Parcel
from app.seed.bulk.crowd import Crowd
from app.seed.bulk.generosity import Generosity
from app.seed.bulk.loading import Row, packed
from app.seed.bulk.searching import Known, SearchIndex, new_words

SHAPES = {shape.table: shape for shape in (*crowd.SHAPES, *generosity.SHAPES, *searching.SHAPES)}


@dataclass(frozen=True)
class People:
    """So many contacts with all that is theirs, and then what the search stands on."""

    crowd: Crowd
    count: int
    known: Known
    is_postgresql: bool

    def __call__(self) -> Iterator[Parcel]:
        """Make them."""
        index = None if self.is_postgresql else SearchIndex(self.known)
        for made, rows in self.crowd.batches(self.count):
            if index:
                index.add([(row[0], row[-1]) for row in rows["contact"]])
            yield made, _wrapped(rows, is_postgresql=self.is_postgresql)
        yield (
            0,
            _wrapped({searching.WORD.table: new_words(self.crowd.names, self.known)}, is_postgresql=self.is_postgresql),
        )
        for table, part in index.rows() if index else ():
            yield 0, {table: part}


@dataclass(frozen=True)
class Gifts:
    """So many gifts of the people with these keys."""

    generosity: Generosity
    count: int
    donors: range
    is_postgresql: bool

    def __call__(self) -> Iterator[Parcel]:
        """Make them."""
        for made, rows in self.generosity.batches(self.count, self.donors):
            yield made, _wrapped(rows, is_postgresql=self.is_postgresql)


def _wrapped(rows: dict[str, list[Row]], *, is_postgresql: bool) -> dict[str, object]:
    return {name: packed(SHAPES[name], each, is_postgresql=is_postgresql) for name, each in rows.items()}
