"""Which jobs and projects the request at hand may see, change and review, and whose it lists.

Every view asks here, and only here. What an account may do is said by its role, to whose images by
the projects that it is in. A job or project that may not be seen is not found, exactly as one that
is not there: ids that were guessed teach nothing. In local mode everybody may do everything.
"""

from __future__ import annotations

from dataclasses import replace

from werkzeug.exceptions import Forbidden

from app.account import Account
from app.current import services
from app.identity import identify, known
from app.job import Batch, Job
from app.person import LoginFailed
from app.project import Project, ProjectNotFound
from app.refusals import JobNotFound
from app.scope import EVERYBODYS, Scope
from app.services import Services
from app.visitors import visitor

NOT_YOURS = "You may look at this image, not change it: that is for whoever sent it."
NOT_YOUR_PROJECT = "Only the owner of a project and administrators manage it; ask them."
NO_REVIEWER = "Your account may look at this result, not judge it: that needs a reviewer."


def sender() -> str:
    """The user to whom belongs what this request sends, and under whom it is noted."""
    found = known()
    return visitor() if found is None else found.account.user


def sender_name() -> str:
    """What the account of this request is called; empty where nobody logs in."""
    found = known()
    return "" if found is None else found.account.name


def account() -> Account:
    """The account of this request; raises Forbidden where there is none."""
    found = known()
    if found is None:  # a view for anybody asks as if it were for accounts
        raise Forbidden("This is for those who have logged in.")
    return found.account


def listed(*, project: str | None = None, mine: bool = False) -> Scope:
    """Whose jobs this request lists: its sender's own and those of their projects.

    Of these perhaps only those of one project, or only those that the sender has sent. Raises
    ProjectNotFound.
    """
    if project is not None:
        project_to_see(project)
    whole = Scope(sender()) if mine else _seen_by(services(), _account())
    return replace(whole, project=project)


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


def may_change(thing: Job | Batch) -> bool:
    """Whether this request may stop or remove a job, or put it or a batch into a project."""
    who = _account()
    if who is None or who.may("admin"):
        return True
    return who.may("uploader") and thing.user == who.user


def may_review(job: Job) -> bool:
    """Whether this request may judge the result of a job."""
    who = _account()
    return who is None or (who.may("reviewer") and may_see(job))


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


def batch_to_change(batch_id: str) -> Batch:
    """The batch of an id, for placing all its images; raises BatchNotFound, Forbidden."""
    batch = services().queue.batch(batch_id, whose=listed())
    if not may_change(batch):
        raise Forbidden(NOT_YOURS)
    return batch


def job_to_review(job_id: str) -> Job:
    """The job of an id, for a verdict on its result; raises JobNotFound, Forbidden."""
    job = job_to_see(job_id)
    if not may_review(job):
        raise Forbidden(NO_REVIEWER)
    return job


def projects() -> list[Project]:
    """The projects that this request lists: its sender's, or for an administrator all; by name."""
    who = _account()
    if who is None:
        return []
    return services().projects.all() if who.may("admin") else services().projects.of(who)


def project_to_see(project_id: str) -> Project:
    """The project of an id, for looking at it; raises ProjectNotFound."""
    who = _account()
    if who is None:
        raise ProjectNotFound
    found = services().projects.get(project_id)
    if not who.may("admin") and project_id not in services().projects.ids_of(who):
        raise ProjectNotFound
    return found


def project_to_manage(project_id: str) -> Project:
    """The project of an id, for changing it and its members; raises ProjectNotFound, Forbidden."""
    project = project_to_see(project_id)
    if not may_manage(project):
        raise Forbidden(NOT_YOUR_PROJECT)
    return project


def may_manage(project: Project) -> bool:
    """Whether this request may change a project and its members."""
    who = _account()
    if who is None or who.may("admin"):
        return True
    return who.may("uploader") and project.owner == who.id


def _seen_by(opened: Services, who: Account | None) -> Scope:
    """The jobs that an account may look at; None: where nobody logs in."""
    if who is None or who.may("admin"):
        return EVERYBODYS
    return Scope(who.user, opened.projects.ids_of(who))


def _account() -> Account | None:
    """Whose request it is; None where nobody logs in."""
    return None if services().settings.mode == "local" else account()


def _seen(job: Job) -> Job:
    if not may_see(job):
        raise JobNotFound("there is no such job; its image may have been deleted")
    return job
