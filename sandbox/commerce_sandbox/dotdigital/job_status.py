"""How an asynchronous job stands, as the calls that ask for it tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.dotdigital.answer import Answer, refusal
from commerce_sandbox.dotdigital.jobs import poll

if TYPE_CHECKING:
    from commerce_sandbox.dotdigital.call import Call
    from commerce_sandbox.dotdigital.jobs import JobKind


def job_status(
    call: Call,
    kind: JobKind,
    id_member: str,
    not_found: tuple[str, str],
    *,
    pending: tuple[str, str] = ("NotStarted", "NotFinished"),
    finished: str = "Finished",
) -> Answer:
    """Return the status of the job that the path names, with its report once it is done.

    Args:
        call: The call.
        kind: The kind of job that may be asked for here.
        id_member: What the path and the answer call its identifier.
        not_found: For an unknown identifier, the error code and what the job is called in the text.
        pending: Status at the first poll, and at later ones, of a job that is not done.
        finished: Status of a job that is done.

    Raises:
        Refusal: 404 for an identifier of no such job.
    """
    identifier = call.path[id_member]
    job = call.account.jobs.find(kind, identifier)
    if job is None:
        code, name = not_found
        raise refusal(404, code, f"The {name} '{identifier}' could not be found!")
    report = poll(job, call.settings.import_polls_until_done)
    if report is None:
        first, later = pending
        return Answer(content={id_member: identifier, "status": later if job.polls > 1 else first})
    return Answer(content={id_member: identifier, "status": job.forced_status or finished, **report})
