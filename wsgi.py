"""The one place where an application is made at import: what a WSGI server and `flask` load."""

import gc

gc.disable()  # nothing that is made while starting is ever let go of: looking through it again and again takes a while

from app.factory import create_app  # noqa: E402 - see above
from config import Config  # noqa: E402

app = create_app(Config.from_env())
gc.freeze()
gc.enable()
