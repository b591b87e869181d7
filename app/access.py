"""Which jobs the request at hand may see, change and review, and whose it lists.

Every view asks here, and only here. A job that may not be seen is JobNotFound, exactly as one that
is not there: ids that were guessed teach nothing. In local mode everybody may do everything.
"""

from __future__ import annotations

from werkzeug.exceptions import Forbidden

from app.account import Account
from app.current import services
from app.identity import identify, known
from app.job import Job
from app.person import LoginFailed
from app.refusals import JobNotFound
from app.scope import EVERYBODYS, Scope
from app.visitors import visitor

NOT_YOURS = "You may look at this image, not change it: that is for whoever sent it."
NO_REVIEWER = "Your account may look at this result, not judge it: that needs a reviewer."


def sender() -> str:
    """The user to whom belongs what this request sends, and under whom it is noted."""
    found = known()
    return visitor() if found is None else found.account.user


def sender_name() -> str:
    """What the account of this request is called; empty where nobody logs in."""
    found = known()
    return "" if found is None else found.account.name


def listed() -> Scope:
    """Whose jobs this request lists."""
    account = _account()
    return EVERYBODYS if account is None or account.may("admin") else Scope(account.user)


def may_see(job: Job) -> bool:
    """Whether this request may look at a job and its files."""
    return listed().holds(job)


def may_still_see(job_id: str) -> bool:
    """Whether whoever sent this request may look at a job; asked anew while an answer lasts."""
    try:
        if services().settings.mode != "local" and identify() is None:
            return False
        job_to_see(job_id)
    except (JobNotFound, LoginFailed):  # a proxy's word may be of some minutes only
        return False
    return True


def may_change(job: Job) -> bool:
    """Whether this request may stop or remove a job."""
    account = _account()
    if account is None or account.may("admin"):
        return True
    return account.may("uploader") and job.user == account.user


def may_review(job: Job) -> bool:
    """Whether this request may judge the result of a job."""
    account = _account()
    return account is None or (account.may("reviewer") and may_see(job))


def own() -> Scope:
    """What the sender of this request has begun and nobody else may go on with."""
    return EVERYBODYS if services().settings.mode == "local" else Scope(sender())


def job_to_see(job_id: str) -> Job:
    """The job of an id, for looking at it and its files; raises JobNotFound."""
    return _seen(services().queue.get(job_id))


def job_of_token(token: str) -> Job:
    """The job whose files lie under a token, for looking at them; raises JobNotFound."""
    return _seen(services().queue.by_token(token))


def job_to_change(job_id: str) -> Job:
    """The job of an id, for stopping or removing it; raises JobNotFound, Forbidden."""
    job = job_to_see(job_id)
    if not may_change(job):
        raise Forbidden(NOT_YOURS)
    return job


def job_to_review(job_id: str) -> Job:
    """The job of an id, for a verdict on its result; raises JobNotFound, Forbidden."""
    job = job_to_see(job_id)
    if not may_review(job):
        raise Forbidden(NO_REVIEWER)
    return job


def _account() -> Account | None:
    """Whose request it is; None where nobody logs in."""
    if services().settings.mode == "local":
        return None
    found = known()
    if found is None:  # a view for anybody asks as if it were for accounts
        raise Forbidden("This is for those who have logged in.")
    return found.account


def _seen(job: Job) -> Job:
    if not may_see(job):
        raise JobNotFound("there is no such job; it may have been deleted")
    return job
