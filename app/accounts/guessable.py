"""Passwords that anybody would try first."""

_COMMON = ("password", "motdepasse", "azerty", "qwerty", "123456", "sahayog", "letmein", "welcome", "bienvenue")


def is_common(password: str) -> bool:
    """Whether a password is one of the first that are tried, or hardly more than one sign over and over."""
    bare = password.casefold()
    return any(bare.replace(word, "").strip("0123456789!?.*-_ ") == "" for word in _COMMON) or len(set(bare)) < 5
