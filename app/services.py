"""What the web process and the worker stand on, opened once from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore

from sqlalchemy import Engine

from app import disk
from app.accounts import Accounts
from app.audit import AuditLog, open_audit
from app.database import open_database
from app.jobs import JobQueue
from app.logins import Logins
from app.projects import Projects
from app.promotion import default_model
from app.reviews import ReviewLog
from app.sessions import Sessions
from app.settings import ServeSettings
from app.shares import Shares
from app.stores import Store, open_store
from app.stores.local import LocalStore
from app.tokens import Tokens
from app.transfers import Transfers
from app.trials import Trials
from cyclegan.models.catalogue import Catalogue

DECODES_AT_ONCE = 2
"""Uploads that one process decodes at the same time; each may take all the memory allowed."""


@dataclass(frozen=True)
class Services:
    """The settings and what they have opened; safe to share between threads."""

    settings: ServeSettings
    queue: JobQueue
    reviews: ReviewLog
    store: Store
    """Where people find their images and results."""
    staging: Store
    """Where they are on this machine until they are published; a store on it is its own staging."""
    catalogue: Catalogue
    audit: AuditLog
    transfers: Transfers
    """Uploads that arrive in parts."""
    shares: Shares
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    logins: Logins
    trials: Trials
    """Regions that are translated to be looked at."""
    projects: Projects
    decoding: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(DECODES_AT_ONCE))
    """Held while an upload is decoded."""

    @property
    def default_model(self) -> str:
        """The name of the model that is taken where nobody chose one, as of now."""
        return default_model(self.settings)

    @property
    def publishes(self) -> bool:
        """Whether results must be taken from this machine to where people find them."""
        return self.store is not self.staging

    @property
    def incoming(self) -> Path:
        """The folder of uploads that are being received."""
        return self.settings.data_dir / "incoming"

    @property
    def outgoing(self) -> Path:
        """The folder of objects that are being published."""
        return self.settings.data_dir / "outgoing"

    @property
    def tried(self) -> Path:
        """The folder of what came of trials: `<job id>/<trial id>/`, for as long as those are."""
        return self.settings.data_dir / "tried"

    @property
    def bench(self) -> Path:
        """The folder of images of which regions are being translated."""
        return self.settings.data_dir / "bench"

    @property
    def work(self) -> Path:
        """The folder of jobs in progress, each in a folder named after its id."""
        return self.settings.data_dir / "work"


def open_services(settings: ServeSettings) -> Services:
    """Make the data folders, for this user alone, and open all services; migrates nothing."""
    disk.make_folder(settings.data_dir)
    store = open_store(settings)
    database = open_database(settings.database)
    arriving = settings.data_dir / "uploads"
    services = Services(
        settings=settings,
        queue=queue_on(database, settings),
        reviews=ReviewLog(database),
        store=store,
        staging=LocalStore(settings.data_dir / "staging") if settings.store == "gcs" else store,
        catalogue=Catalogue(settings.models),
        audit=open_audit(settings),
        transfers=Transfers(
            database,
            arriving,
            days=settings.upload_days,
            max_user_bytes=settings.max_user_bytes,
        ),
        shares=Shares(database),
        accounts=Accounts(database),
        sessions=sessions_on(database, settings),
        tokens=Tokens(database),
        logins=Logins(database, domains=settings.join_domains, role=settings.join_role),
        trials=Trials(database, lease_s=settings.lease_s),
        projects=Projects(database),
    )
    ours = (services.work, services.outgoing, services.tried, services.bench)
    for folder in (services.incoming, arriving, *ours):
        disk.make_folder(folder)
    return services


def queue_on(database: Engine, settings: ServeSettings) -> JobQueue:
    """The queue of a database, with the limits that the settings have."""
    return JobQueue(
        database,
        lease_s=settings.lease_s,
        attempts=settings.attempts,
        max_queued=settings.max_queued,
        max_queued_per_user=settings.max_queued_per_user,
        max_user_bytes=settings.max_user_bytes,
    )


def sessions_on(database: Engine, settings: ServeSettings) -> Sessions:
    """The sessions of a database, which last as long as the settings say."""
    return Sessions(
        database,
        idle=timedelta(hours=settings.session_idle_hours),
        lasting=timedelta(days=settings.session_days),
    )
