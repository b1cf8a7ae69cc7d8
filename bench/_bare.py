"""The yardstick of pages: Flask with one view, a template of the size named in the environment, and nothing else."""

import os

from flask import Flask, render_template

SIZE = int(os.environ.get("BARE_BYTES", "10000"))
LINE = '<p class="line">{{ word }} and some words to fill a line of an ordinary page with, as pages have.</p>\n'
TEMPLATE = "<!doctype html>\n<title>{{ word }}</title>\n" + LINE * (SIZE // len(LINE))

app = Flask(__name__)
compiled = app.jinja_env.from_string(TEMPLATE)


@app.route("/")
def page() -> str:
    """Some lines of text."""
    return render_template(compiled, word="Nepal")
