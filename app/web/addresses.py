"""The address of the page that is read, with other parameters; and addresses that lead nowhere but here."""

from urllib.parse import urlencode, urlsplit

from flask import request, url_for


def this_page(**changes: str | None) -> str:
    """The address of this page, all its parameters kept, but for these: set anew, or left out (None).

    What stands in the address never reaches `url_for`, where a parameter called `_scheme` or `endpoint` would mean
    something else.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    kept += [(name, value) for name, value in changes.items() if value is not None]
    path = url_for(request.endpoint, **(request.view_args or {})) if request.endpoint else request.path
    return f"{path}?{urlencode(kept)}" if kept else path


def safe_next(address: str | None, otherwise: str) -> str:
    """An address within this site, or `otherwise`: nobody is sent elsewhere by a link they followed here.

    Browsers read a backslash as a slash, and any number of slashes at the beginning as the beginning of a host.
    """
    plain = (address or "").replace("\\", "/")
    if not address or not plain.startswith("/") or plain.startswith("//") or not address.isprintable():
        return otherwise
    try:
        urlsplit(plain)
    except ValueError:
        return otherwise
    return address
