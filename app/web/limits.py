"""How often one address, account or e-mail may try something."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, strategy="moving-window", headers_enabled=False)


def by_field(name: str) -> str:
    """Key of a limit that counts by what was typed into a field (an e-mail address), whatever its capitals."""
    return f"{name}:{request.form.get(name, '').strip().casefold()[:200]}"
