"""Pictures drawn anew: what a camera or a program hid in them (place, owner, comments) stays behind."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

MOST_PIXELS = 40_000_000
THUMBNAIL = (320, 320)
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
QUALITY = 90
_BROKEN = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip


def drawn_anew(content: bytes, media_type: str) -> tuple[bytes, bytes]:
    """(the picture, a small one as WebP of at most 320 × 320 pixels); of a moving picture the first frame.

    Nothing of the file is kept but its pixels, turned the way the camera was held.

    Raises:
        Refused: it cannot be read, or has more than 40 million pixels.

    """
    kind = FORMATS[media_type]
    try:
        with Image.open(BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(_l("The picture has too many pixels."), field="file")
            pixels = _pixels(picture, kind)
    except _BROKEN as bad:
        raise Refused(_l("This picture cannot be read."), field="file") from bad
    small = pixels.convert("RGBA" if pixels.mode == "RGBA" else "RGB")
    small.thumbnail(THUMBNAIL)
    return _saved(pixels, kind), _saved(small, "WEBP")


def _pixels(picture: Image.Image, kind: str) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    is_see_through = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    made = upright.convert("RGBA" if is_see_through and kind != "JPEG" else "L" if upright.mode in "1L" else "RGB")
    made.info = {}
    return made


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **({"quality": QUALITY} if kind in {"JPEG", "WEBP"} else {}))
    return out.getvalue()
