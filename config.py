"""Every setting of the installation, and the only reader of the environment.

What staff may change while the product runs is in the database (`app.kernel.organisation`), not here.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

STRIPE_API = "https://api.stripe.com"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_SECRET = 32
ENCRYPTION_KEY_BYTES = 32
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
POSTGRESQL = ("postgresql://", "postgresql+psycopg://")
SCHEMES = {
    "DATABASE_URL": ("sqlite:///", *POSTGRESQL),
    "QUEUE_URL": ("none", "sqlite:///", *POSTGRESQL, "redis://", "rediss://"),
    "SMTP_URL": ("smtp://", "smtp+starttls://", "smtps://"),
    "RATE_LIMIT_URL": ("memory://", "redis://", "rediss://"),
}
_KEY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_ISSUER = re.compile(r"(?P<origin>https?://[^/?#\s]+)(?P<path>/[^?#\s]*)?")
YES_OR_NO = ("yes", "no")
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


class ConfigError(Exception):
    """The environment does not describe an installation that may start; the message names the variable."""


def _setting(doc: str, default: str | None = None, *, secret: bool = False) -> Any:
    """A field that carries its own documentation, from which `.env.example` is made. Secrets are never printed."""
    if default is None:
        return field(metadata={"doc": doc}, repr=not secret)
    return field(default=default, metadata={"doc": doc}, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings. Those with a safe default have one; secrets have none, so that a gap stops the start."""

    SECRET_KEY: str = _setting("Signs sessions and links: 32 or more random characters. Required.", secret=True)
    ENCRYPTION_KEYS: str = _setting(
        "Keys of encrypted columns, name:base64 between commas: the first writes, all read; "
        "`flask keys new` makes one. Empty: one is derived from SECRET_KEY.",
        "",
        secret=True,
    )
    DATABASE_URL: str = _setting(
        "sqlite:////path/to/sahayog.db, or postgresql://user:password@host/name.",
        "sqlite:///var/sahayog.db",
        secret=True,
    )
    QUEUE_URL: str = _setting(
        "What carries background jobs: sqlite:///path, postgresql://… or redis://…; "
        "empty: a file beside the database, or the PostgreSQL database itself; none: no queue, jobs wait.",
        "",
        secret=True,
    )
    PUBLIC_URL: str = _setting(
        "The address people type, without a trailing slash: links in mails and return addresses begin with it.",
        "http://127.0.0.1:8000",
    )
    SMTP_URL: str = _setting(
        "smtp://user:password@host:25, smtp+starttls://… or smtps://…; empty: mails wait until it is set.",
        "",
        secret=True,
    )
    STRIPE_SECRET_KEY: str = _setting(
        "The gateway's secret key (sk_… or rk_…). Empty: giving online is closed, offline gifts work.", "", secret=True
    )
    STRIPE_WEBHOOK_SECRETS: str = _setting(
        "Secrets of the webhook endpoint, separated by commas (two while one is being rolled).", "", secret=True
    )
    STRIPE_API_BASE: str = _setting("Where the gateway's interface is. Change it only for a sandbox.", STRIPE_API)
    STRIPE_CHECKOUT_ORIGINS: str = _setting(
        "Origins a donor may be sent to in order to pay, separated by commas.",
        "https://checkout.stripe.com,https://billing.stripe.com,https://invoice.stripe.com",
    )
    RATE_LIMIT_URL: str = _setting(
        "Where attempts are counted: memory:// (one web process) or redis://….", "memory://", secret=True
    )
    OIDC_ISSUER: str = _setting(
        "Sign-in through your own OpenID Connect provider: its issuer, as it calls itself. Empty: no such sign-in.", ""
    )
    OIDC_CLIENT_ID: str = _setting("How this installation is known to the provider.", "")
    OIDC_CLIENT_SECRET: str = _setting("The secret the provider gave it.", "", secret=True)
    OIDC_NAME: str = _setting("What staff call the provider; it stands on the button.", "")
    OIDC_COUNTS_AS_SECOND_FACTOR: str = _setting(
        "yes when the provider itself asks everybody for a second factor; else no.", "no"
    )
    SESSION_IDLE_MINUTES: str = _setting("Minutes without a click after which staff sign in anew.", "120")
    SESSION_HOURS: str = _setting("Hours after which staff sign in anew, however busy they were.", "12")
    TRUSTED_PROXIES: str = _setting("How many reverse proxies stand in front (0 when none).", "0")
    OPERATOR_EMAIL: str = _setting(
        "Who is written to when a regular duty finds something wrong; empty: nobody, the dashboard says it.", ""
    )
    METRICS_TOKEN: str = _setting(
        "What a program must show to read /metrics: 32 or more random characters; empty: there is no /metrics.",
        "",
        secret=True,
    )
    PROMETHEUS_MULTIPROC_DIR: str = _setting(
        "An empty folder in which the processes of one machine add up their figures; it must be in the environment of "
        "web and worker, not only here.",
        "",
    )
    LOG_LEVEL: str = _setting("DEBUG, INFO, WARNING or ERROR.", "INFO")
    LARGEST_FILE: str = _setting("Megabytes that a file attached to a contact may have: 1 to 100.", "10")
    BACKUP_FOLDER: str = _setting("The folder that gets an encrypted backup each night. Empty: none is taken.", "")
    BACKUP_RECIPIENT: str = _setting(
        "The public key (age1…) that locks backups; several with commas, each of which opens them. The private one is "
        "never on the server.",
        "",
    )
    BACKUP_KEEP: str = _setting("Backups that are kept: the newest of so many days, weeks and months.", "7,4,12")
    DEMO_CLOCK_FILE: str = _setting(
        "For a demo whose days pass faster: a file with the seconds that it lives ahead. Refused with live keys.",
        "",
    )

    def __post_init__(self) -> None:
        """Refuse what could lose money or leak: weak secrets, mixed live and test, plain HTTP elsewhere."""
        if len(self.SECRET_KEY) < SHORTEST_SECRET:
            raise ConfigError(f"SECRET_KEY must have at least {SHORTEST_SECRET} characters.")
        if not re.fullmatch("[0-9]", self.TRUSTED_PROXIES):
            raise ConfigError("TRUSTED_PROXIES must be a whole number below ten.")
        for name in ("SESSION_IDLE_MINUTES", "SESSION_HOURS"):
            if not re.fullmatch("[1-9][0-9]{0,5}", getattr(self, name)):
                raise ConfigError(f"{name} must be a whole number between 1 and 999999.")
        if not re.fullmatch("[1-9][0-9]?|100", self.LARGEST_FILE):
            raise ConfigError("LARGEST_FILE must be a whole number between 1 and 100.")
        if self.LOG_LEVEL.upper() not in LOG_LEVELS:
            raise ConfigError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
        for name, schemes in SCHEMES.items():
            value = getattr(self, name)
            if value and not value.startswith(schemes):
                raise ConfigError(f"{name} must begin with {' or '.join(schemes)}.")
        if len(dict(self.encryption_keys)) < len(self.encryption_keys):
            raise ConfigError("ENCRYPTION_KEYS has two keys of one name.")
        _check_origin("PUBLIC_URL", self.PUBLIC_URL)
        self._check_backups()
        self._check_gateway()
        self._check_watching()
        self._check_provider()

    def _check_backups(self) -> None:
        """A backup that nobody could open, or everybody, is none."""
        if self.BACKUP_FOLDER and not self.backup_recipients:
            raise ConfigError(
                "BACKUP_RECIPIENT is required together with BACKUP_FOLDER. See docs/operations.md, Backups."
            )
        if not all(re.fullmatch("age1[0-9a-z]{58}", each) for each in self.backup_recipients):
            raise ConfigError(
                "BACKUP_RECIPIENT must be a public key of age (age1… and 58 signs), or several with commas."
            )
        if not re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{1,3},[0-9]{1,3}", self.BACKUP_KEEP):
            raise ConfigError(
                "BACKUP_KEEP must be three whole numbers: days (one at least), weeks, months, as in 7,4,12."
            )

    def _check_watching(self) -> None:
        """Whoever is written to can be, and what guards the figures cannot be guessed."""
        if self.METRICS_TOKEN and len(self.METRICS_TOKEN) < SHORTEST_SECRET:
            raise ConfigError(f"METRICS_TOKEN must have at least {SHORTEST_SECRET} characters.")
        if self.OPERATOR_EMAIL and not _ADDRESS.fullmatch(self.OPERATOR_EMAIL):
            raise ConfigError("OPERATOR_EMAIL must be an e-mail address.")

    def _check_gateway(self) -> None:
        """The start-up guards: a live key speaks to Stripe alone, and nothing speaks plain HTTP off this host."""
        base = self.STRIPE_API_BASE.rstrip("/")
        for origin in (base, *self.checkout_origins):
            name = "STRIPE_API_BASE" if origin is base else "STRIPE_CHECKOUT_ORIGINS"
            if _check_origin(name, origin).is_plain_elsewhere:
                raise ConfigError(f"{name} must use https unless it is on this machine.")
        if self.STRIPE_SECRET_KEY and not self.STRIPE_SECRET_KEY.startswith(("sk_", "rk_")):
            raise ConfigError("STRIPE_SECRET_KEY must begin with sk_ or rk_.")
        if self.STRIPE_SECRET_KEY and not self.webhook_secrets:
            raise ConfigError("STRIPE_WEBHOOK_SECRETS is required together with STRIPE_SECRET_KEY.")
        if "_live_" in self.STRIPE_SECRET_KEY and base != STRIPE_API:
            raise ConfigError("A live STRIPE_SECRET_KEY may not be used with another STRIPE_API_BASE than Stripe's.")
        if "_live_" in self.STRIPE_SECRET_KEY and _check_origin("PUBLIC_URL", self.PUBLIC_URL).is_plain_elsewhere:
            raise ConfigError("PUBLIC_URL must use https with a live STRIPE_SECRET_KEY.")
        if "_live_" in self.STRIPE_SECRET_KEY and self.DEMO_CLOCK_FILE:
            raise ConfigError("DEMO_CLOCK_FILE is for demos: with a live STRIPE_SECRET_KEY the clock is the real one.")

    @property
    def encryption_keys(self) -> tuple[tuple[str, bytes], ...]:
        """The keys of encrypted columns that were given, each with its name; the first one writes."""
        parts = (part.strip() for part in self.ENCRYPTION_KEYS.split(","))
        return tuple(_read_key(part) for part in parts if part)

    def _check_provider(self) -> None:
        """A provider is named whole or not at all, and nothing is believed that came over plain HTTP."""
        if self.OIDC_COUNTS_AS_SECOND_FACTOR not in YES_OR_NO:
            raise ConfigError(f"OIDC_COUNTS_AS_SECOND_FACTOR must be one of {', '.join(YES_OR_NO)}.")
        if not self.OIDC_ISSUER:
            return
        found = _ISSUER.fullmatch(self.OIDC_ISSUER)
        if found is None:
            raise ConfigError(
                f"OIDC_ISSUER must be like https://id.example.org/ours, without ? or #, not {self.OIDC_ISSUER!r}."
            )
        if _check_origin("OIDC_ISSUER", found["origin"]).is_plain_elsewhere:
            raise ConfigError("OIDC_ISSUER must use https unless it is on this machine.")
        for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"):
            if not getattr(self, name):
                raise ConfigError(f"{name} is required together with OIDC_ISSUER.")

    @property
    def provider_counts_as_second_factor(self) -> bool:
        """Whether whoever came in through the provider needs no second factor of ours."""
        return self.OIDC_COUNTS_AS_SECOND_FACTOR == "yes"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets any of which may sign a gateway event."""
        return tuple(part.strip() for part in self.STRIPE_WEBHOOK_SECRETS.split(",") if part.strip())

    @property
    def backup_recipients(self) -> tuple[str, ...]:
        """The public keys for which backups are locked."""
        return tuple(part.strip() for part in self.BACKUP_RECIPIENT.split(",") if part.strip())

    @property
    def checkout_origins(self) -> tuple[str, ...]:
        """The origins (scheme://host[:port]) a donor may be sent to."""
        return tuple(part.strip().rstrip("/") for part in self.STRIPE_CHECKOUT_ORIGINS.split(",") if part.strip())

    @property
    def largest_file(self) -> int:
        """Bytes that an attached file may have."""
        return int(self.LARGEST_FILE) * 1_000_000

    @property
    def session_idle(self) -> timedelta:
        """How long a sign-in of staff may be left alone."""
        return timedelta(minutes=int(self.SESSION_IDLE_MINUTES))

    @property
    def session_lasting(self) -> timedelta:
        """How long a sign-in of staff lasts at most."""
        return timedelta(hours=int(self.SESSION_HOURS))

    @property
    def stripe_dashboard(self) -> str:
        """Where staff look things up at the payment service; a stand-in for Stripe shows them itself."""
        base = self.STRIPE_API_BASE.rstrip("/")
        return "https://dashboard.stripe.com" if base == STRIPE_API else base

    @property
    def is_test_mode(self) -> bool:
        """Whether online gifts move no real money: a test key, or a gateway that is not Stripe's."""
        if not self.STRIPE_SECRET_KEY:
            return False
        return "_live_" not in self.STRIPE_SECRET_KEY or self.STRIPE_API_BASE.rstrip("/") != STRIPE_API

    @property
    def is_secure(self) -> bool:
        """Whether people reach us by https, so that cookies may be marked so."""
        return self.PUBLIC_URL.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Config":
        """Read the settings from the environment (and a `.env` file beside this one, which never overrides it).

        With an `env` that is given, it alone counts.

        Raises:
            ConfigError: naming the variable that is missing or wrong.

        """
        found = {**_read_env_file(Path(__file__).with_name(".env")), **os.environ} if env is None else env
        if not found.get("SECRET_KEY"):
            raise ConfigError(
                "SECRET_KEY is not set. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in found.items() if name in known and value != ""})

    @classmethod
    def example(cls) -> str:
        """The text of `.env.example`, made from this class so that it cannot fall behind."""
        lines = ["# Made from config.py by `make docs`. Copy to .env and fill in.", ""]
        for each in fields(cls):
            default = each.default if isinstance(each.default, str) else ""
            lines += [f"# {each.metadata['doc']}", f"{each.name}={default}", ""]
        return "\n".join(lines).rstrip("\n") + "\n"


@dataclass(frozen=True)
class _Origin:
    """An address that is a scheme, a host and perhaps a port."""

    scheme: str
    host: str

    @property
    def is_plain_elsewhere(self) -> bool:
        """Whether it would send plain text over somebody's network."""
        return self.scheme == "http" and self.host not in LOOPBACK_HOSTS


def _read_key(text: str) -> tuple[str, bytes]:
    """A key of encrypted columns with its name, or a refusal that repeats nothing of it."""
    name, _colon, encoded = text.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _KEY_NAME.fullmatch(name) or name.startswith("secret-") or len(key) != ENCRYPTION_KEY_BYTES:
        raise ConfigError("ENCRYPTION_KEYS must be like name:base64 of 32 bytes; `flask keys new` makes such a line.")
    return name, key


def _check_origin(name: str, value: str) -> _Origin:
    """The parts of an http(s) address without path, or a refusal that names the setting."""
    found = _ORIGIN.fullmatch(value)
    if found is None:
        raise ConfigError(f"{name} must be like https://give.example.org, without a slash at the end, not {value!r}.")
    return _Origin(found["scheme"], found["host"].strip("[]").lower())


def _read_env_file(path: Path) -> dict[str, str]:
    """Lines NAME=value of a file, if it is there; comments and blank lines are passed over."""
    if not path.is_file():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name.strip(): _bare(value.strip()) for name, value in pairs if not name.lstrip().startswith("#")}


def _bare(value: str) -> str:
    """A value without the quotation marks that a shell or systemd would take away too."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
