"""How deeds done to many contacts are put into words."""

from collections.abc import Mapping

from app.contacts.models import BulkDeed, BulkStatus
from app.kernel.i18n import Text, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l

DEEDS: Mapping[BulkDeed, Text] = {
    BulkDeed.TAG: _l("Put a tag on them"), BulkDeed.UNTAG: _l("Take a tag off them"),
    BulkDeed.LIST: _l("Put them on a list"), BulkDeed.UNLIST: _l("Take them off a list"),
    BulkDeed.OWNER: _l("Give them to somebody to look after"), BulkDeed.ARCHIVE: _l("Put them in the archive"),
}  # fmt: skip
ICONS: Mapping[BulkDeed, str] = {
    BulkDeed.TAG: "tag", BulkDeed.UNTAG: "tag", BulkDeed.LIST: "list", BulkDeed.UNLIST: "list",
    BulkDeed.OWNER: "user-plus", BulkDeed.ARCHIVE: "inbox",
}  # fmt: skip
TARGETS: Mapping[BulkDeed, Text] = {
    BulkDeed.TAG: _l("Which tag?"), BulkDeed.UNTAG: _l("Which tag?"), BulkDeed.LIST: _l("Which list?"),
    BulkDeed.UNLIST: _l("Which list?"), BulkDeed.OWNER: _l("Who looks after them?"),
}  # fmt: skip
STATES: Mapping[BulkStatus, Text] = {
    BulkStatus.WAITING: _l("Begins soon"), BulkStatus.RUNNING: _l("Under way"), BulkStatus.STOPPED: _l("Stopped"),
    BulkStatus.DONE: _l("Done"), BulkStatus.UNDOING: _l("Being undone"), BulkStatus.UNDONE: _l("Undone"),
}  # fmt: skip
COLOURS: Mapping[BulkStatus, str] = {
    BulkStatus.WAITING: "grey", BulkStatus.RUNNING: "blue", BulkStatus.STOPPED: "amber", BulkStatus.DONE: "green",
    BulkStatus.UNDOING: "blue", BulkStatus.UNDONE: "grey",
}  # fmt: skip


def title_of(deed: BulkDeed, target: str) -> str:
    """What an action does, in a few words: “Tag: Mécènes”."""
    match deed:
        case BulkDeed.TAG:
            return _("Put on the tag “%(tag)s”", tag=target)
        case BulkDeed.UNTAG:
            return _("Take off the tag “%(tag)s”", tag=target)
        case BulkDeed.LIST:
            return _("Put on the list “%(list)s”", list=target)
        case BulkDeed.UNLIST:
            return _("Take off the list “%(list)s”", list=target)
        case BulkDeed.OWNER:
            return _("Give to %(name)s to look after", name=target) if target else _("Nobody looks after them")
        case BulkDeed.ARCHIVE:
            return _("Put in the archive")


def warning_of(deed: BulkDeed, target: str, count: int) -> str:
    """What is going to happen to how many."""
    match deed:
        case BulkDeed.TAG:
            said = ngettext(
                "%(num)s contact gets the tag “%(name)s”.", "%(num)s contacts get the tag “%(name)s”.", count,
                name=target,
            )  # fmt: skip
        case BulkDeed.UNTAG:
            said = ngettext(
                "%(num)s contact loses the tag “%(name)s”.", "%(num)s contacts lose the tag “%(name)s”.", count,
                name=target,
            )  # fmt: skip
        case BulkDeed.LIST:
            said = ngettext(
                "%(num)s contact is put on the list “%(name)s”.", "%(num)s contacts are put on the list “%(name)s”.",
                count, name=target,
            )  # fmt: skip
        case BulkDeed.UNLIST:
            said = ngettext(
                "%(num)s contact is taken off the list “%(name)s”.",
                "%(num)s contacts are taken off the list “%(name)s”.", count, name=target,
            )  # fmt: skip
        case BulkDeed.OWNER:
            said = _owner(target, count)
        case BulkDeed.ARCHIVE:
            said = ngettext(
                "%(num)s contact is put in the archive: lists and searches leave it out, what it gave stays.",
                "%(num)s contacts are put in the archive: lists and searches leave them out, what they gave stays.",
                count,
            )
    return said


def _owner(name: str, count: int) -> str:
    if not name:
        return ngettext("Nobody looks after %(num)s contact.", "Nobody looks after %(num)s contacts.", count)
    return ngettext(
        "%(num)s contact is given to %(name)s to look after.",
        "%(num)s contacts are given to %(name)s to look after.", count, name=name,
    )  # fmt: skip
