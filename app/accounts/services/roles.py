"""Roles: made, changed, and taken away when nobody has them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.queries.staff import all_roles, holders_of
from app.accounts.services.delegation import changing_accounts, refuse_beyond, refuse_locking_everyone_out
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def keep_role(db: Session, role: Role | None, name: str, capabilities: Sequence[str], *, actor: Actor) -> Role:
    """Make a role, or change one.

    Raises:
        Refused: another role has the name, something would be given or taken that the actor does not hold, or nobody
            would be left to manage staff.

    """
    changing_accounts(db, actor)
    other = db.scalars(select(Role).where(Role.name == name)).one_or_none()
    if other is not None and other is not role:
        raise Refused(_l("There is a role of this name already."), field="name")
    refuse_beyond(actor, set(capabilities) ^ set(role.capabilities if role else ()))
    if role is not None and role.name != name:  # under a harmless name somebody might hand it out
        refuse_beyond(actor, role.capabilities)
    if role is None:
        role = Role(name=name, capabilities=sorted(capabilities))
        db.add(role)
    else:
        role.name, role.capabilities = name, sorted(capabilities)
    refuse_locking_everyone_out(db)
    audit.note(db, actor, "role.kept", role)
    return role


def ask_for_second_factor(db: Session, role: Role, *, asks: bool, actor: Actor) -> None:
    """Let a role ask for a second factor, or no longer. Whoever has it and has none is held up at their next click.

    Raises:
        Refused: the role allows more than the actor may.

    """
    if role.needs_second_factor != asks:
        refuse_beyond(actor, role.capabilities)
        role.needs_second_factor = asks
        audit.note(db, actor, "role.asks_for_second_factor", role, asks=asks)


def allow_roles(db: Session, wanted: Mapping[int, set[str]], *, actor: Actor) -> int:
    """Change what several roles allow at once (`{role id: capabilities}`). How many were changed.

    Raises:
        Refused: as for one role; then none is changed.

    """
    changing_accounts(db, actor)
    changed = 0
    for role in all_roles(db):
        new = wanted.get(role.id, set(role.capabilities))
        if new != set(role.capabilities):
            refuse_beyond(actor, new ^ set(role.capabilities))
            role.capabilities = sorted(new)
            audit.note(db, actor, "role.kept", role)
            changed += 1
    refuse_locking_everyone_out(db)
    return changed


def delete_role(db: Session, role: Role, *, actor: Actor) -> None:
    """Take away a role that nobody has.

    Raises:
        Refused: somebody has it, or it allows more than the actor may.

    """
    changing_accounts(db, actor)
    if holders_of(db, role):
        raise Refused(_l("Somebody still has this role. Give them another one first."))
    refuse_beyond(actor, role.capabilities)
    audit.note(db, actor, "role.deleted", role, name=role.name)
    db.delete(role)
