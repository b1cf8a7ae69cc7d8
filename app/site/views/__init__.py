"""The public pages."""

from flask import Blueprint

bp = Blueprint("site", __name__)
