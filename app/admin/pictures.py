"""The organisation's logo and signature: whatever picture is sent in, a small PNG is what is kept."""

from io import BytesIO

import filetype
from PIL import Image, UnidentifiedImageError

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

LARGEST = 2 * 1024 * 1024
SIZE = (480, 240)
MOST_PIXELS = 40_000_000
PICTURES = {"image/png", "image/jpeg", "image/webp"}


def to_png(content: bytes, *, field: str) -> bytes:
    """The picture drawn anew as a PNG of at most 480 × 240 pixels; nothing else of the file is kept.

    A refusal names `field`, the form field that it came by.

    Raises:
        Refused: it is too large, or not a picture of a kind we read.

    """
    if len(content) > LARGEST:
        raise Refused(_l("The picture is too large: 2 MB at most."), field=field)
    kind = filetype.guess(content)
    if kind is None or kind.mime not in PICTURES:
        raise Refused(_l("Send a PNG, JPEG or WebP picture."), field=field)
    try:
        with Image.open(BytesIO(content), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(_l("The picture has too many pixels."), field=field)
            small = picture.convert("RGBA")
            small.thumbnail(SIZE)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as bad:
        raise Refused(_l("This picture cannot be read."), field=field) from bad
    out = BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()
