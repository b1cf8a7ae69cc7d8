"""Receipts printed as PDF by typst, from stored content alone: the same content always gives the same bytes.

The files declare PDF/A-3a and PDF/UA-1 and carry their content as JSON. Fonts come from our folder only, nothing is
fetched, and texts reach the templates as data, never as markup.
"""

import base64
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import typst

from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_wording import ReceiptKind

TEMPLATES = Path(__file__).parent / "typst"
FONTS = TEMPLATES / "fonts"
NO_PACKAGES = TEMPLATES / "packages"
"""A folder that does not exist: typst must find no package there, and ours import none."""
TEMPLATE_OF = {
    ReceiptKind.FR_PERSON: TEMPLATES / "receipt-fr.typ",
    ReceiptKind.FR_COMPANY: TEMPLATES / "receipt-fr.typ",
    ReceiptKind.PLAIN: TEMPLATES / "receipt-plain.typ",
}


class CannotPrint(Exception):
    """typst refused the receipt: a broken picture, or a fault in a template."""


def _picture(encoded: str | None) -> list[int] | None:
    """A picture as the list of its bytes: typst reads JSON, not base64."""
    return None if encoded is None else list(base64.b64decode(encoded))


def _inputs(content: ReceiptContent, *, is_copy: bool, is_void: bool) -> dict[str, str]:
    """What a template reads from `sys.inputs`: JSON texts, with pictures apart from the content."""
    bare = replace(content, issuer=replace(content.issuer, logo_png=None, signature_png=None))
    pictures = {"logo": _picture(content.issuer.logo_png), "signature": _picture(content.issuer.signature_png)}
    marks = {"copy": is_copy, "void": is_void, "specimen": content.is_specimen}
    return {
        "content": json.dumps(bare.to_json(), ensure_ascii=False, sort_keys=True, indent=1),
        "pictures": json.dumps(pictures),
        "marks": json.dumps([name for name, holds in marks.items() if holds]),
    }


class ReceiptPrinter:
    """One typst compiler, made at the first receipt and used by one thread at a time.

    Making it reads the fonts (about 20 ms); a page then takes about as long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiler: typst.Compiler | None = None

    def _made(self) -> typst.Compiler:
        if self._compiler is None:
            fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
            self._compiler = typst.Compiler(
                root=TEMPLATES, font_paths=fonts, package_path=NO_PACKAGES, package_cache_path=NO_PACKAGES
            )
        return self._compiler

    def render(self, content: ReceiptContent, *, is_copy: bool, is_void: bool) -> bytes:
        """Print a receipt; see `render_receipt`."""
        inputs = _inputs(content, is_copy=is_copy, is_void=is_void)
        # The date of issue stands for the moment of printing, so that a copy is the same to the byte.
        issued = datetime.combine(content.issued_on, time(12), UTC)
        with self._lock:
            try:
                printed = self._made().compile(
                    TEMPLATE_OF[content.kind],
                    format="pdf",
                    sys_inputs=inputs,
                    pdf_standards=["a-3a", "ua-1"],
                    timestamp=issued,
                )
            except typst.TypstError as fault:
                raise CannotPrint(str(fault)) from fault
        if not isinstance(printed, bytes):
            raise CannotPrint("typst gave no file")
        return printed


_PRINTER = ReceiptPrinter()


def render_receipt(content: ReceiptContent, *, is_copy: bool, is_void: bool) -> bytes:
    """The receipt as a PDF file (PDF/A-3a, PDF/UA-1), with its content attached as `receipt.json`.

    Args:
        content: what the receipt says, as stored.
        is_copy: print "DUPLICATA" and the date of the original across it.
        is_void: print "ANNULÉ" across it. A specimen is marked by its content.

    Raises:
        CannotPrint: a picture in the content cannot be read.

    """
    return _PRINTER.render(content, is_copy=is_copy, is_void=is_void)
