"""The regular duties of the audit trail: sealed every ten minutes, read through every night; and keys that changed."""

from datetime import time, timedelta
from typing import Any

from app.kernel.db import Base
from app.kernel.i18n import Text, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work
from app.kernel.rotation import rotate
from app.kernel.rounds import Findings, Round, last_runs
from app.kernel.sealing import seal_all
from app.kernel.verifying import Fault, verify

SEAL, VERIFY, ROTATE = "audit.seal", "audit.verify", "keys.rotate"
A_DAY = timedelta(days=1)
FAULTS: dict[Fault, Text] = {
    Fault.ENTRY_CHANGED: _l("An entry was changed after it was written."),
    Fault.ENTRY_MISSING: _l("An entry was taken away."),
    Fault.ENTRY_INSERTED: _l("An entry was put in afterwards."),
    Fault.SEAL_CHANGED: _l("A seal was changed."),
    Fault.SEAL_MISSING: _l("A seal was taken away."),
    Fault.CHAIN_CUT: _l("A seal does not follow the one before it."),
    Fault.TAIL_CUT: _l("The newest seals were cut off."),
    Fault.KEY_LOST: _l("The key of a seal cannot be opened with the installation’s keys."),
}


def seal_trail(work: Work) -> Findings:
    """Seal what can be sealed. The head in the findings goes to the log, out of the database's reach."""
    sealed = seal_all(work.database)
    return Findings(is_well=True, facts={"seals": sealed.seals, "entries": sealed.entries, "head": sealed.head})


def verify_trail(work: Work) -> Findings:
    """Read the whole chain; it must still hold the head of the time before."""
    with work.database.reading() as db:
        before = last_runs(db, [VERIFY], ended=True).get(VERIFY)
    verdict = verify(work.database, expect=str(before.facts.get("head", "")) if before else "")
    facts: dict[str, int | str] = {
        "checked_seals": verdict.seals, "entries": verdict.entries, "unsealed": verdict.unsealed,
        "flaws": verdict.flaw_count, "head": verdict.head,
    }  # fmt: skip
    if verdict.flaws:
        first = verdict.flaws[0]
        places = {"seal": first.seal, "entry": first.entry}
        facts |= {"fault": first.fault.value, **{name: key for name, key in places.items() if key is not None}}
    return Findings(is_well=verdict.is_well, facts=facts)


def rotate_keys(work: Work) -> Findings:
    """Write with the newest key what was not, so that a change of keys ends by itself."""
    return Findings(is_well=True, facts={"rows": sum(rotate(work.database, Base.metadata).values())})


def sealed_in_words(facts: dict[str, Any]) -> str:
    """How much was sealed."""
    count = int(facts.get("entries", 0))
    return ngettext("%(num)s entry sealed.", "%(num)s entries sealed.", count) if count else _("Nothing new to seal.")


def verified_in_words(facts: dict[str, Any]) -> str:
    """Whether the chain holds, and the first thing that is wrong with it."""
    if not facts.get("flaws"):
        count = int(facts.get("entries", 0))
        return ngettext("%(num)s entry is as it was written.", "%(num)s entries are as they were written.", count)
    places = [
        words % {"number": facts[name]}
        for name, words in (("entry", _("entry %(number)s")), ("seal", _("seal %(number)s")))
        if name in facts
    ]
    fault = FAULTS.get(Fault(facts["fault"])) if facts.get("fault") in set(Fault) else ""
    return " ".join(part for part in (str(fault), f"({', '.join(places)})" if places else "") if part)


def rotated_in_words(facts: dict[str, Any]) -> str:
    """How many values were written anew."""
    count = int(facts.get("rows", 0))
    if not count:
        return _("Everything is written with the newest key.")
    return ngettext("%(num)s value written with the newest key.", "%(num)s values written with the newest key.", count)


ROUNDS = (
    Round(SEAL, _l("Seal the audit trail"), timedelta(minutes=10), seal_trail, wording=sealed_in_words),
    Round(VERIFY, _l("Verify the audit trail"), A_DAY, verify_trail, at=time(3, 10), wording=verified_in_words),
    Round(
        ROTATE, _l("Encrypt anew what an older key protects"), A_DAY, rotate_keys, at=time(3, 40),
        wording=rotated_in_words,
    ),
)  # fmt: skip
