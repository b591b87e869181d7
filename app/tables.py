"""The tables, as `app.migrations` makes them; a test holds the two together."""

from __future__ import annotations

import sqlalchemy as sa

from app.database import UtcDateTime

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
"""So that a later migration can name what it changes."""

metadata = sa.MetaData(naming_convention=NAMES)

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite counts rows by itself only in a column that is exactly INTEGER."""

jobs = sa.Table(
    "jobs",
    metadata,
    # Counts up and is never used again: the order of arrival, whatever clocks do.
    sa.Column("number", Number, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("batch", sa.Text),
    # Made here, one for each pair of user and batch: what a sender calls a batch can be guessed.
    sa.Column("batch_id", sa.Text),
    # Id of the project whose members see the job; null: only who sent it, and administrators.
    sa.Column("project", sa.Text),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("mpp", sa.Float),
    sa.Column("file_mpp", sa.Float),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("verdicts", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("input_name", sa.Text, nullable=False),
    sa.Column("input_bytes", sa.BigInteger, nullable=False),
    sa.Column("input_sha256", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text),
    # The upload that the job was made of, which makes no second one.
    sa.Column("upload", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("progress", sa.Float, nullable=False, server_default="0"),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("started", UtcDateTime),
    sa.Column("finished", UtcDateTime),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
    sa.Column("provenance", sa.JSON(none_as_null=True)),
    sa.Column("objects", sa.JSON, nullable=False),
    # Who holds the job: owner and the number of the claim fence every write of a worker.
    sa.Column("owner", sa.Text),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("lease_until", UtcDateTime),
    # Was interrupted through no fault of its own, and goes before the others.
    sa.Column("resumes", sa.Boolean, nullable=False),
    # First and latest progress of the present attempt, between which its rate is measured.
    sa.Column("rate_since", UtcDateTime),
    sa.Column("rate_until", UtcDateTime),
    sa.Column("rate_from", sa.Float),
    # Set while the job is handed over to the publisher, and only then: when it is tried (next).
    sa.Column("publish_due", UtcDateTime),
    sa.Column("publish_tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("publish_code", sa.Text),
    sa.Column("publish_message", sa.Text),
    sa.UniqueConstraint("user", "idempotency_key"),
    # Holds all that decides whose turn it is.
    sa.Index(None, "state", "resumes", "user", "batch", "number"),
    sa.Index(None, "user", "number"),
    sa.Index(None, "user", "batch"),
    sa.Index(None, "batch_id", "number"),
    sa.Index(None, "project", "number"),
    sa.Index(None, "input_sha256", "number"),
    sa.Index(None, "publish_due"),
    sa.Index(None, "upload", unique=True),
    sqlite_autoincrement=True,
)

turns = sa.Table(
    "turns",
    metadata,
    # A line was served; kept apart from the jobs, as those may be deleted.
    sa.Column("number", Number, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("batch", sa.Text),
    # Number of the newest job at that moment: later ones stand behind.
    sa.Column("newest", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("seen", UtcDateTime, nullable=False),
)

removals = sa.Table(
    "removals",
    metadata,
    # What is in the stores under a token is to go; the job itself may be gone already.
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", UtcDateTime, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index(None, "due"),
)

uploads = sa.Table(
    "uploads",
    metadata,
    # A file that arrives in parts; the bytes are in the folder of uploads, under the same name.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    # Bytes that are safe on disk; what the file holds beyond was never acknowledged.
    sa.Column("kept", sa.BigInteger, nullable=False),
    # What the sender says of the file, in its own form.
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("expires", UtcDateTime, nullable=False),
    sa.Index(None, "user"),
    sa.Index(None, "expires"),
)

shares = sa.Table(
    "shares",
    metadata,
    # Is never used again: it stands in the audit log.
    sa.Column("number", Number, primary_key=True),
    # Number of the job whose result it opens; goes with it.
    sa.Column("job", sa.BigInteger, nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    # Is never used again: it stands in the jobs.
    sa.Column("id", Number, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    # Null until the invitation was accepted.
    sa.Column("password", sa.Text),
    sa.Column("created", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, unique=True),
    sa.Column("until", UtcDateTime, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("number", Number, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("seen", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("number", Number, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("used", UtcDateTime),
    sqlite_autoincrement=True,
)

logins = sa.Table(
    "logins",
    metadata,
    # For whom another service vouches: whoever it calls so is the owner of the account.
    sa.Column("number", Number, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.UniqueConstraint("issuer", "subject"),
    sa.UniqueConstraint("account", "issuer"),
    sqlite_autoincrement=True,
)

projects = sa.Table(
    "projects",
    metadata,
    # Unguessable: what is in the addresses of pages tells nobody how many there are.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # Who manages it; is always a member.
    sa.Column("owner", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("is_archived", sa.Boolean, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("project", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), primary_key=True, index=True),
    sa.Column("since", UtcDateTime, nullable=False),
)

reviews = sa.Table(
    "reviews",
    metadata,
    # What is said of a result, one row after the other: nothing here is ever changed.
    sa.Column("number", Number, primary_key=True),
    sa.Column("job", Number, sa.ForeignKey("jobs.number", ondelete="CASCADE"), nullable=False),
    # Two that were made on the same earlier one cannot both be written.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("tissue", sa.Text, nullable=False),
    sa.Column("regions", sa.JSON, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.UniqueConstraint("job", "version"),
    sqlite_autoincrement=True,
)

trials = sa.Table(
    "trials",
    metadata,
    # A region of a job's image by one model, to look at; a line of its own beside the jobs.
    sa.Column("number", Number, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column(
        "job",
        Number,
        sa.ForeignKey("jobs.number", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    # px of the image as it was sent.
    sa.Column("y", sa.Integer, nullable=False),
    sa.Column("x", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False, index=True),
    sa.Column("started", UtcDateTime),
    sa.Column("finished", UtcDateTime),
    sa.Column("made", sa.JSON(none_as_null=True)),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
    # Owner and the number of the attempt fence every write of a worker, as those of a job.
    sa.Column("owner", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", UtcDateTime),
    sa.Index(None, "state", "number"),
    sa.Index(None, "user", "state"),
    sqlite_autoincrement=True,
)
