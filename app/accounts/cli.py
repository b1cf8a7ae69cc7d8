"""`flask users …`: staff accounts from the command line, for the first one and for emergencies."""

import click
from flask.cli import AppGroup

from app.accounts.queries import all_roles, staff_by_email
from app.accounts.services import StaffDetails, create_staff, edit_staff
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.web.application import this_application

users = AppGroup("users", help="Staff accounts.")


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "role_name", default="Administrator", show_default=True)
@click.option("--language", default="en", show_default=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create(email: str, name: str, role_name: str, language: str, password: str) -> None:
    """Give somebody access to the back office."""
    with this_application().database.writing() as db:
        act_as(db, SYSTEM)
        roles = [role for role in all_roles(db) if role.name == role_name]
        if not roles:
            raise click.ClickException(f"There is no role {role_name!r}.")
        try:
            create_staff(
                db,
                StaffDetails(email=email, name=name, language=language, roles=roles, password=password),
                actor=SYSTEM,
            )
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo("Created.")


@users.command("set-password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def set_password(email: str, password: str) -> None:
    """Give somebody a new password and end their sessions."""
    with this_application().database.writing() as db:
        act_as(db, SYSTEM)
        user = staff_by_email(db, email)
        if user is None:
            raise click.ClickException("Nobody has this e-mail address.")
        details = StaffDetails(
            email=user.email,
            name=user.name,
            language=user.language,
            roles=user.roles,
            is_active=True,
            password=password,
        )
        try:
            edit_staff(db, user, details, actor=SYSTEM)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo("Changed.")
