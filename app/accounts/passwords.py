"""Passwords: argon2id at OWASP's minimum (19 MiB, two passes), and what is too weak to keep."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

SHORTEST = 12
LONGEST = 200
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")
_COMMON = ("password", "motdepasse", "azerty", "qwerty", "123456", "sahayog", "letmein", "welcome", "bienvenue")


def hash_password(password: str) -> str:
    """The hash to keep of a new password.

    Raises:
        Refused: it is too short, too long, or among the first that anybody would try.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(_l("A password needs %(number)s characters or more.", number=SHORTEST), field="password")
    bare = password.casefold()
    if any(bare.replace(word, "").strip("0123456789!?.*-_ ") == "" for word in _COMMON) or len(set(bare)) < 5:
        raise Refused(
            _l("This password is too easy to guess. A few words that only you would put together are best."),
            field="password",
        )
    return _hasher.hash(password)


def hash_anew(password: str) -> str:
    """Today's hash of a password that is in use already, however weak it may be thought today."""
    return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash. Takes as long when there is no hash, so that nothing is learnt."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password[:LONGEST]) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
