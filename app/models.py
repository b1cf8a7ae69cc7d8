"""Every table, so that migrations and tests see all of them: importing this module is importing the models."""

from app.accounts import models as accounts
from app.contacts import models as contacts
from app.contacts.models import file as contact_files
from app.contacts.models import search_index
from app.currencies import models as currencies
from app.funds import models as funds
from app.giving import models as giving
from app.kernel import audit, files, jobs, mail, organisation, rounds, sealing, tallies
from app.kernel.db import Base
from app.payments import models as payments
from app.portal import models as portal

__all__ = [
    "Base",
    "accounts",
    "audit",
    "contact_files",
    "contacts",
    "currencies",
    "files",
    "funds",
    "giving",
    "jobs",
    "mail",
    "organisation",
    "payments",
    "portal",
    "rounds",
    "sealing",
    "search_index",
    "tallies",
]
