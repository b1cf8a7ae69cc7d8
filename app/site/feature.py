"""What the public face plugs into the rest: its pages."""

from app.site.views import bp, giving, returning
from app.web.feature import Feature

FEATURE = Feature(name="site", blueprints=(bp,))
VIEWS = (giving, returning)
"""The modules that put their views on the blueprint."""
