"""Accounts on the command line: invite people, see who there is, change roles, let in, shut out."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.account import ROLES, Account, Role
from app.accounts import Accounts, Invitation
from app.audit import by_command, open_audit
from app.database import DatabaseUnavailable, open_database
from app.logins import Logins
from app.migrations import migrate
from app.person import Person
from app.proxies import issuer_of
from app.settings import MODE_DEFAULTS, ServeSettings, load_settings
from cyclegan.errors import ColorMapperError

in_role = click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default="uploader",
    show_default=True,
    help="What the account may do; each role may do what those before it may.",
)
at_url = click.option(
    "--url", help="Where people reach the service; by default this machine's name and the port."
)


@click.group(help=__doc__)
def accounts() -> None:
    """Group the commands."""
    os.chdir(Path(__file__).resolve().parent.parent)  # relative paths in the settings count from


@accounts.command()
@click.argument("name")
@in_role
@at_url
def invite(name: str, role: Role, url: str | None) -> None:
    """Make an account NAME, and print the link by which its owner chooses a password."""
    _tell(_kept().invite(name, role), url)


@accounts.command()
@click.argument("name")
@at_url
def reset(name: str, url: str | None) -> None:
    """Print a link by which the owner of the account NAME chooses a new password."""
    kept = _kept()
    _tell(kept.reset(kept.named(name).id), url)


@accounts.command("list")
def list_accounts() -> None:
    """Print all accounts: name, role, and how they stand."""
    kept, bound = _kept(), _logins().bound()
    for account in kept.all():
        standing = _standing(account, is_bound=account.id in bound)
        click.echo(f"{account.name}\t{account.role}\t{standing}")


@accounts.command()
@click.argument("name")
@click.argument("role", type=click.Choice(list(ROLES)))
def role(name: str, role: Role) -> None:
    """Give the account NAME another ROLE."""
    kept = _kept()
    account = _note(kept.set_role(kept.named(name).id, role))
    click.echo(f"{account.name} is {account.role} now")


@accounts.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut the account NAME out at once, with its sessions and API tokens; its images stay."""
    kept = _kept()
    click.echo(f"{_note(kept.set_active(kept.named(name).id, active=False)).name} is disabled")


@accounts.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let the account NAME log in again."""
    kept = _kept()
    click.echo(f"{_note(kept.set_active(kept.named(name).id, active=True)).name} may log in again")


@accounts.command()
@click.argument("name")
@click.argument("subject")
def link(name: str, subject: str) -> None:
    """Let whom the provider calls SUBJECT log in to the account NAME, whatever their e-mail is.

    The page that refuses somebody shows their SUBJECT.
    """
    person = Person(issuer_of(_settings()), subject, None)
    account = _kept().named(name)
    _logins().bind(account, person)
    click.echo(f"{_note(account).name} is theirs now")


@accounts.command()
@click.argument("name")
def unlink(name: str) -> None:
    """Forget who logs in to the account NAME by another service, and end their logins and tokens.

    The next whom the service knows by that NAME gets the account, with its images.
    """
    account = _kept().named(name)
    _logins().release(account)
    click.echo(f"{_note(account).name} is nobody's by another service now")


def _settings() -> ServeSettings:
    return load_settings(os.environ, mode="local")


def _kept() -> Accounts:
    database = _settings().database
    migrate(database)
    return Accounts(open_database(database))


def _logins() -> Logins:
    settings = _settings()
    return Logins(
        open_database(settings.database), domains=settings.join_domains, role=settings.join_role
    )


def _note(account: Account) -> Account:
    open_audit(_settings()).write(by_command("administer", f"account:{account.id}"))
    return account


def _tell(invitation: Invitation, url: str | None) -> None:
    _note(invitation.account)
    if url is None:
        port = os.environ.get("COLORMAPPER_PORT", MODE_DEFAULTS["server"]["port"])
        url = f"http://{socket.gethostname()}:{port}"
    click.echo(f"{url.rstrip('/')}/invitation/{invitation.secret}")
    click.echo(
        f"Send this link to {invitation.account.name}; it holds once, "
        f"until {invitation.until:%Y-%m-%d %H:%M} UTC.",
        err=True,
    )


def _standing(account: Account, *, is_bound: bool) -> str:
    if not account.active:
        return "disabled"
    return "active" if account.has_password or is_bound else "invited"


def main() -> None:
    """Run the command; refusals are one line and exit code 1."""
    try:
        accounts()
    except (ColorMapperError, DatabaseUnavailable) as error:
        sys.exit(f"not done: {error}")


if __name__ == "__main__":
    main()
