"""The one place where an application is made at import: what a WSGI server and `flask` load."""

from app.factory import create_app
from config import Config

app = create_app(Config.from_env())
