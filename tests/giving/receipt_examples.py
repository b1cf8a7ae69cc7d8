"""Receipts to test with: a fictitious charity, a donor, a company, and pictures made on the spot."""

import base64
import io
from dataclasses import replace
from datetime import date

from PIL import Image
from pypdf import PdfReader

from app.giving.receipt_building import GiftLine, ReceiptRequest
from app.giving.receipt_content import DonorIdentity, Issuer, ReceiptContent
from app.giving.receipt_pdf import render_receipt
from app.giving.receipt_wording import PaidBy, ReceiptKind
from app.kernel.money import Money


def picture(width: int = 40, height: int = 20) -> str:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (31, 78, 95, 255)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


CHARITY = Issuer(
    name="Planète Népal",
    address_lines=("12 rue des Églantines", "75011 Paris"),
    country="FR",
    purpose="Accompagner les enfants et les familles des villages de l’Himalaya",
    signatory_name="Camille Aubert",
    signatory_role="Trésorière",
    place="Paris",
    siren="732829320",
    rna="W751234567",
    category="Œuvre ou organisme d’intérêt général",
    recognition="Rescrit fiscal du 12 mars 2024",
)
JEANNE = DonorIdentity("Jeanne Lefèvre", ("8 impasse du Puits", "35000 Rennes"), country="FR")
ALPAGES = DonorIdentity(
    "Alpages & Cie",
    ("Zone artisanale des Prés", "74000 Annecy"),
    country="FR",
    legal_form="Société par actions simplifiée",
    siren="552100554",
)
FIFTY_BY_CARD = GiftLine(date(2026, 2, 1), Money(5000, "EUR"), PaidBy.CARD)


def request(**changes) -> ReceiptRequest:
    """Fifty euros of Jeanne's, by card, with whatever the test changes."""
    usual = ReceiptRequest(ReceiptKind.FR_PERSON, CHARITY, JEANNE, [FIFTY_BY_CARD], date(2026, 2, 3), "2026-00042")
    return replace(usual, **changes)


def printed(content: ReceiptContent, *, is_copy: bool = False, is_void: bool = False) -> PdfReader:
    return PdfReader(io.BytesIO(render_receipt(content, is_copy=is_copy, is_void=is_void)))


def text_of(content: ReceiptContent, *, is_copy: bool = False, is_void: bool = False) -> str:
    """The words of the printed receipt, with single spaces."""
    pages = printed(content, is_copy=is_copy, is_void=is_void).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
