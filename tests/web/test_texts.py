"""What staff write as Markdown is shown without danger, and letters say the same in both their forms."""

from html.parser import HTMLParser

import pytest

from app.kernel.i18n import language, speaking
from app.web import letters
from app.web.filters import ALLOWED_TAGS, markdown
from app.web.letters import TemplateRenderer


class Seen(HTMLParser):
    """The tags of a page with their attributes, as a browser sees them."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Thank** *you*", "<p><strong>Thank</strong> <em>you</em></p>\n"),
        ("# Title", "Title\n"), ("## Title", "<h2>Title</h2>\n"), ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("~~old~~", "<p><s>old</s></p>\n"), ("", ""), ("राम & सीता", "<p>राम &amp; सीता</p>\n"),
        ("[us](https://example.org/a?b=c)",
         '<p><a href="https://example.org/a?b=c" rel="noopener noreferrer">us</a></p>\n'),
        ("[write](mailto:a@example.org)",
         '<p><a href="mailto:a@example.org" rel="noopener noreferrer">write</a></p>\n'),
    ],
)  # fmt: skip
def test_markdown_is_shown_as_it_is_meant(written, shown):
    assert str(markdown(written)) == shown


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)", "<a href='x' style='color:red' onclick='y()'>z</a>", "<iframe src=//evil.example></iframe>",
        '[x](https://a.example "title\\" onmouseover=alert(1) x=\\"")', "<style>*{}</style>", "<svg/onload=alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]", "`<script>`", "<!-- <script> -->", "&#60;script&#62;",
    ],
)  # fmt: skip
def test_nothing_dangerous_comes_through(written):
    page = Seen()
    page.feed(str(markdown(written)))

    assert {tag for tag, _attributes in page.tags} <= ALLOWED_TAGS
    for tag, attributes in page.tags:
        assert set(attributes) <= ({"href", "rel", "title"} if tag == "a" else set())
        assert attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))


def test_no_words_at_all_are_no_fault():
    assert str(markdown(None)) == ""


@pytest.fixture
def renderer(tmp_path, monkeypatch):
    """The renderer on templates of our own."""
    monkeypatch.setattr(letters, "TEMPLATES", tmp_path)
    (tmp_path / "thanks.txt").write_text(
        "Thank you,\t{{ name }} \n\nYou gave {{ amount }} & more.\n\n", encoding="utf-8"
    )
    (tmp_path / "thanks.html").write_text(
        "<html lang='{{ locale }}'><head><title>{{ subject }}</title><style>b { color: red; }</style></head>"
        "<body>{{ name }} gave <b>{{ amount }}</b>. {{ note|markdown }}</body></html>",
        encoding="utf-8",
    )
    return TemplateRenderer()


WORDS = {"name": "Ram <script>", "amount": "50 €", "note": "*Merci* <script>x</script>"}


def test_the_first_line_is_the_subject_on_one_line(renderer):
    subject, text, _html = renderer.letter("thanks", "fr", **WORDS)

    assert subject == "Thank you, Ram <script>"
    assert text == "You gave 50 € & more.\n"


@pytest.mark.parametrize("name", ["Ram\nBcc: all@example.org", "Ram\r\nX: y"])
def test_no_name_makes_a_second_line_of_the_subject(renderer, name):
    subject, _text, _html = renderer.letter("thanks", "fr", **{**WORDS, "name": name})

    assert len(subject.splitlines()) == 1


def test_the_page_of_a_letter_is_safe_and_carries_its_look_with_it(renderer):
    _subject, _text, html = renderer.letter("thanks", "ne", **WORDS)

    assert "Ram &lt;script&gt; gave" in html
    assert "<script" not in html
    assert "<em>Merci</em>" in html
    assert 'style="color: red;"' in html
    assert "<style" not in html
    assert 'lang="ne"' in html


def test_a_word_that_was_forgotten_is_a_fault_and_no_gap_in_a_letter(renderer):
    with pytest.raises(Exception, match="'amount' is undefined"):
        renderer.letter("thanks", "fr", name="Ram", note="")


def test_a_letter_leaves_the_language_as_it_was(renderer):
    with speaking("fr"):
        renderer.letter("thanks", "ne", **WORDS)
        assert language() == "fr"
