"""Passwords: argon2id at OWASP's minimum (19 MiB, two passes), and what is too weak to keep."""

import re
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.accounts.rules.guessable import is_common
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import fold

SHORTEST = 12
LONGEST = 200
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$vcBRDzhoP1pHQW19Jop/xg$1fXLD00o6VVEI074ERpOXqrzpihaFaEP2ySX5tIqEsI"
"""Of a password that was thrown away, with the costs above: to compare with where there is nobody."""
_WORD = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True)
class PasswordOwner:
    """What everybody knows of whoever chooses a password, and would try first."""

    name: str = ""
    email: str = ""
    organisation: str = ""

    @property
    def words(self) -> set[str]:
        """The words of name, address and organisation, folded; short ones make no difference."""
        return {word for word in _WORD.split(fold(f"{self.name} {self.email} {self.organisation}")) if len(word) > 3}


def hash_password(password: str, owner: PasswordOwner) -> str:
    """The hash to keep of a new password. No rule on signs: length counts, and not being guessed first (ASVS 5, 6.2).

    Raises:
        Refused: it is too short, too long, or among the first that anybody would try.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(
            _l("A password needs between %(least)s and %(most)s characters.", least=SHORTEST, most=LONGEST),
            field="password",
        )
    if is_common(password):
        raise Refused(
            _l("This password is too easy to guess. A few words that only you would put together are best."),
            field="password",
        )
    if is_made_of(password, owner.words):
        raise Refused(_l("Leave your name, address and organisation out of your password."), field="password")
    return _hasher.hash(password)


def is_made_of(password: str, words: set[str]) -> bool:
    """Whether nothing much is left of a password without these words: fewer than eight letters or digits."""
    rest = fold(password)
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return any(word in fold(password) for word in words) and len(_WORD.sub("", rest)) < 8


def hash_anew(password: str) -> str:
    """Today's hash of a password that is in use already, however weak it may be thought today."""
    return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash. Takes as long when there is no hash, so that nothing is learnt."""
    try:
        is_match = _hasher.verify(password_hash or _NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return is_match and password_hash is not None and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
