"""Hashes that only this installation can make: of addresses that were typed, and of links that are mailed."""

import base64
import hashlib
import hmac


def keyed_hash(secret: str, purpose: str, text: str) -> str:
    """HMAC-SHA-256 of a text for one purpose, in lower-case letters and digits that an address may hold (52 signs).

    Without the installation's secret nobody can make it, nor find out what it was made of.
    """
    digest = hmac.digest(secret.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().rstrip("=").lower()
