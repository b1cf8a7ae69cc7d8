"""`flask users …`: staff accounts from the command line, for the first one and for emergencies."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app.accounts.links import AccountLinks, make_link
from app.accounts.models import LinkPurpose, Role, StaffUser
from app.accounts.queries.staff import all_roles, all_staff, staff_by_email
from app.accounts.services import StaffDetails, create_staff
from app.accounts.services.invitations import invite, invite_again
from app.accounts.services.passwords import set_password
from app.accounts.services.second_factors import reset_second_factor
from app.accounts.services.staff import sign_out_staff, switch_staff
from app.kernel import audit
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.web.application import this_application

users = AppGroup("users", help="Staff accounts.")


@contextmanager
def _changing() -> Iterator[Session]:
    """One transaction in the product's own name; a rule's "no" ends the command with its words."""
    try:
        with this_application().database.writing() as db:
            act_as(db, SYSTEM)
            yield db
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _user(db: Session, email: str) -> StaffUser:
    user = staff_by_email(db, email)
    if user is None:
        raise click.ClickException("Nobody has this e-mail address.")
    return user


def _roles(db: Session, names: tuple[str, ...]) -> list[Role]:
    known = {role.name: role for role in all_roles(db)}
    for name in names:
        if name not in known:
            raise click.ClickException(f"There is no role {name!r}.")
    return [known[name] for name in names]


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "role_names", multiple=True, default=("Administrator",), show_default=True)
@click.option("--language", default="en", show_default=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create(email: str, name: str, role_names: tuple[str, ...], language: str, password: str) -> None:
    """Give somebody access to the back office, with a password."""
    with _changing() as db:
        roles = _roles(db, role_names)
        details = StaffDetails(email=email, name=name, language=language, roles=roles, password=password)
        create_staff(db, details, actor=SYSTEM)
    click.echo("Created.")


@users.command("invite")
@click.argument("email")
@click.option("--name", default="", help="Needed the first time.")
@click.option("--role", "role_names", multiple=True, default=("Fundraiser",), show_default=True)
@click.option("--language", default="en", show_default=True)
def invite_person(email: str, name: str, role_names: tuple[str, ...], language: str) -> None:
    """Send somebody a link to choose a password with; again, when they are invited already."""
    links = this_application().ports.get(AccountLinks)
    with _changing() as db:
        known = staff_by_email(db, email)
        if known is not None:
            invite_again(db, known, links, actor=SYSTEM)
        elif not name:
            raise click.ClickException("Say who it is with --name.")
        else:
            details = StaffDetails(email=email, name=name, language=language, roles=_roles(db, role_names))
            invite(db, details, links, actor=SYSTEM)
    click.echo("Invited.")


@users.command("list")
def list_staff() -> None:
    """Everybody: state, address, name, roles."""
    with this_application().database.reading() as db:
        for user in all_staff(db):
            roles = ", ".join(role.name for role in user.roles)
            click.echo(f"{user.status:<8} {user.email}  {user.name}  [{roles}]")


@users.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Let somebody in no longer; every sign-in of theirs ends."""
    with _changing() as db:
        switch_staff(db, _user(db, email), on=False, actor=SYSTEM)
    click.echo("Switched off.")


@users.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let somebody in again."""
    with _changing() as db:
        switch_staff(db, _user(db, email), on=True, actor=SYSTEM)
    click.echo("Switched on.")


@users.command("end-sessions")
@click.argument("email")
def end_all(email: str) -> None:
    """End every sign-in of somebody."""
    with _changing() as db:
        ended = sign_out_staff(db, _user(db, email), actor=SYSTEM)
    click.echo(f"Ended: {ended}.")


@users.command("reset-password-link")
@click.argument("email")
def reset_password_link(email: str) -> None:
    """Print a link with which somebody can choose a new password within half an hour, for when mail does not leave."""
    links = this_application().ports.get(AccountLinks)
    with _changing() as db:
        user = _user(db, email)
        if not user.is_active:
            raise click.ClickException("This account is switched off.")
        link = make_link(db, user, LinkPurpose.RESET, links)
        audit.note(db, SYSTEM, "staff.reset_sent", user)
        address = links.one_time(link.nonce)
    click.echo(address)


@users.command("set-password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def set_new_password(email: str, password: str) -> None:
    """Give somebody a new password and end their sign-ins."""
    with _changing() as db:
        set_password(db, _user(db, email), password, actor=SYSTEM)
    click.echo("Changed.")


@users.command("reset-second-factor")
@click.argument("email")
def reset_second_factors(email: str) -> None:
    """Take app, passkeys and recovery codes from somebody who lost them; they are told by mail."""
    with _changing() as db:
        reset_second_factor(db, _user(db, email), actor=SYSTEM)
    click.echo("Reset.")
