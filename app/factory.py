"""Puts the product together. `create_app` reads from top to bottom like a table of contents."""

from functools import partial
from pathlib import Path

from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import models
from app.accounts.feature import FEATURE as ACCOUNTS
from app.accounts.links import AccountLinks
from app.accounts.provider import Provider
from app.accounts.views.confirming import ask_to_confirm
from app.accounts.views.session import load_user, note_last_seen
from app.accounts.views.setting_up import lead_to_set_up
from app.admin.feature import FEATURE as ADMIN
from app.backups.feature import FEATURE as BACKUPS
from app.backups.keeping import BackupPlan, Keep
from app.cli import worker
from app.contacts.feature import FEATURE as CONTACTS
from app.currencies.feature import FEATURE as CURRENCIES
from app.funds.feature import FEATURE as FUNDS
from app.giving.feature import FEATURE as GIVING
from app.giving.links import DonorLinks, MendLinks
from app.kernel import audit, queue, secrets
from app.kernel.clock import live_ahead
from app.kernel.criteria import CriteriaSources
from app.kernel.db import Database
from app.kernel.events import wire
from app.kernel.hearing import listen
from app.kernel.mail import Mailer, NoMailer, Renderer, SmtpMailer
from app.kernel.ports import Ports
from app.kernel.retention import Forgettings
from app.kernel.rounds import Rounds, plan_rounds
from app.kernel.tallies import Tallies
from app.operations.feature import FEATURE as OPERATIONS
from app.operations.telling import Operator
from app.payments.feature import FEATURE as PAYMENTS
from app.payments.gateway import Gateway
from app.payments.no_gateway import NoGateway
from app.payments.reception import Reception
from app.payments.stripe_gateway import StripeGateway
from app.portal.access import note_donor_seen
from app.portal.feature import FEATURE as PORTAL
from app.portal.links import PortalLinks
from app.reactions import REACTIONS
from app.reports.feature import FEATURE as REPORTS
from app.seed.cli import seed
from app.site.feature import FEATURE as SITE
from app.web import errors, filters, limits, logs, metrics, security
from app.web.application import Application, allow_files, close_session
from app.web.auth import check_access, check_confirmation, make_login_manager
from app.web.db_commands import db_commands
from app.web.doors import open_doors
from app.web.feature import Feature, Features
from app.web.health import bp as health
from app.web.letters import TemplateRenderer
from app.web.reading import choose_language
from app.web.security import cookie_name
from config import Config

ROOT = Path(__file__).parent.parent
LARGEST_REQUEST = 8 * 1024 * 1024
FEATURES: tuple[Feature, ...] = (
    ACCOUNTS, CONTACTS, CURRENCIES, FUNDS, PAYMENTS, GIVING, ADMIN, REPORTS, OPERATIONS, BACKUPS, SITE, PORTAL,
)  # fmt: skip


def create_app(settings: Config) -> Application:
    """The application for these settings. Opens no connection and reads no environment."""
    app = Application("app", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"))
    app.settings = settings
    if settings.DEMO_CLOCK_FILE:
        live_ahead(Path(settings.DEMO_CLOCK_FILE))
    configure(app, settings)
    connect(app, settings)
    plug_in(app, FEATURES)
    secure(app, settings)
    return app


def configure(app: Application, settings: Config) -> None:
    """Flask's own settings, the log, and the words of templates."""
    app.config.update(
        SECRET_KEY=settings.SECRET_KEY,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        SESSION_COOKIE_NAME=cookie_name("session", is_secure=settings.is_secure),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.is_secure,
        PERMANENT_SESSION_LIFETIME=settings.session_lasting,
        WTF_CSRF_TIME_LIMIT=int(settings.session_lasting.total_seconds()),
        RATELIMIT_STORAGE_URI=settings.RATE_LIMIT_URL,
        IS_TEST_MODE=settings.is_test_mode,
    )
    logs.configure_logs(settings.LOG_LEVEL)
    logs.register_request_log(app)
    filters.register_filters(app)


def connect(app: Application, settings: Config) -> None:
    """The database with its audit and reactions, the carrier of jobs, and the ports to the outside."""
    assert models.Base.metadata.tables
    audit.watch()
    queue.watch_commits()
    app.database = Database(settings.DATABASE_URL)
    secrets.unlock(app.database.engine, secrets.Keyring.of(settings.encryption_keys, settings.SECRET_KEY))
    app.ports = Ports()
    app.ports.provide(Renderer, TemplateRenderer())
    app.ports.provide(Mailer, SmtpMailer(settings.SMTP_URL) if settings.SMTP_URL else NoMailer())
    app.ports.provide(AccountLinks, AccountLinks(settings.PUBLIC_URL, settings.SECRET_KEY))
    app.ports.provide(DonorLinks, DonorLinks(settings.PUBLIC_URL))
    app.ports.provide(MendLinks, MendLinks(settings.PUBLIC_URL, settings.SECRET_KEY))
    app.ports.provide(PortalLinks, PortalLinks(settings.PUBLIC_URL, settings.SECRET_KEY))
    app.ports.provide(Gateway, StripeGateway(settings) if settings.STRIPE_SECRET_KEY else NoGateway())
    folder = Path(settings.BACKUP_FOLDER) if settings.BACKUP_FOLDER else None
    app.ports.provide(BackupPlan, BackupPlan(folder, settings.backup_recipients, Keep.of(settings.BACKUP_KEEP)))
    app.ports.provide(Provider, Provider.of(settings))
    app.ports.provide(Tallies, Tallies(app.database))
    app.ports.provide(Operator, Operator(settings.OPERATOR_EMAIL, f"{settings.PUBLIC_URL}/status"))
    wire(app.database, REACTIONS)
    app.ports.provide(Reception, Reception(app.work))
    if settings.QUEUE_URL != "none":
        open_queue = partial(queue.make_huey, settings.QUEUE_URL, settings.DATABASE_URL)
        app.database.info["carrier"] = queue.HueyCarrier(open_queue, app.work, each_minute=(plan_rounds,))
    app.teardown_appcontext(note_last_seen)  # the last that is registered is the first that is done
    app.teardown_appcontext(note_donor_seen)
    app.teardown_appcontext(close_session)


def plug_in(app: Application, features: tuple[Feature, ...]) -> None:
    """The features' pages and commands, and what they add to each other's."""
    app.extensions["features"] = Features(features)
    app.ports.provide(Rounds, Rounds(app.extensions["features"].rounds))
    app.ports.provide(Forgettings, Forgettings(app.extensions["features"].forgets))
    app.ports.provide(CriteriaSources, CriteriaSources(app.extensions["features"].criteria))
    listen(app.database, app.extensions["features"].heard)
    app.register_blueprint(health)
    app.register_blueprint(metrics.bp)
    for feature in features:
        for blueprint in feature.blueprints:
            app.register_blueprint(blueprint)
        for command in feature.commands:
            app.cli.add_command(command)
    app.cli.add_command(db_commands)
    app.cli.add_command(worker)
    app.cli.add_command(seed)


def secure(app: Application, settings: Config) -> None:
    """Who may come in, how often, and under which headers."""
    make_login_manager(load_user).init_app(app, add_context_processor=False)  # error pages may have no database
    app.before_request(choose_language)
    app.before_request(lead_to_set_up)
    app.before_request(check_access)
    app.before_request(allow_files)
    limits.limiter.init_app(app)
    app.extensions["csrf_protect"] = csrf = CSRFProtect(app)
    for name, view in app.view_functions.items():
        if getattr(view, "csrf_exempt", False):
            csrf.exempt(app.view_functions[name])
    # After the CSRF token was checked, since what is carried through a confirmation must be the person's own.
    app.before_request(partial(check_confirmation, ask_to_confirm))
    metrics.register_metrics(app)
    errors.register_error_pages(app)
    security.register_headers(app, settings)
    open_doors(app, app.extensions["features"].doors)
    if int(settings.TRUSTED_PROXIES):
        hops = int(settings.TRUSTED_PROXIES)
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
