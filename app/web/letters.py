"""Letters from templates: subject, text and HTML with its style sheet inlined, in the reader's language."""

from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.kernel.i18n import speaking
from app.web.filters import register_text_filters

TEMPLATES = Path(__file__).parent.parent.parent / "templates"


class TemplateRenderer:
    """Renders `<template>.txt` (its first line is the subject) and `<template>.html`."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        register_text_filters(self._environment)
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)

    def letter(self, template: str, language: str, **values: object) -> tuple[str, str, str]:
        """The subject, the text and the HTML."""
        with speaking(language):
            first, _, text = (
                self._environment.get_template(f"{template}.txt").render(locale=language, **values).partition("\n")
            )
            subject = " ".join(first.split())
            html = self._environment.get_template(f"{template}.html").render(locale=language, subject=subject, **values)
        return subject, text.strip() + "\n", self._inliner.inline(html)
