"""Asynchronous jobs: accepted at once, done when the clock says so, reported when polled often enough."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class JobKind(str, Enum):
    """What a job does; the value names it in the snapshot."""

    CONTACT_IMPORT = "contact imports"
    CONTACT_DELETION = "contact deletions"
    INSIGHT_IMPORT = "insight imports"
    INSIGHT_DELETION = "insight deletions"


@dataclass(slots=True)
class Job:
    """One job.

    Attributes:
        id: Its identifier.
        kind: What it does.
        due: Time, in seconds since the epoch, at which it takes effect.
        records: How many records it was given.
        work: Does the job and returns the body of its report, without identifier and status.
        forced_status: Status to end with instead of doing the work.
        report: The body of the report, None until done.
        polls: How often it was asked for.
    """

    id: str
    kind: JobKind
    due: float
    records: int
    work: Callable[[], Mapping[str, Any]]
    forced_status: str | None = None
    report: Mapping[str, Any] | None = None
    polls: int = 0


@dataclass(slots=True)
class Jobs:
    """All jobs of the account, running and done."""

    _jobs: dict[str, Job] = field(default_factory=dict)
    _running: list[Job] = field(default_factory=list)
    _forced: dict[JobKind, list[str]] = field(default_factory=dict)

    def submit(self, kind: JobKind, due: float, records: int, work: Callable[[], Mapping[str, Any]]) -> Job:
        """Accept a job and return it."""
        forced = self._forced.get(kind)
        job = Job(str(uuid.uuid4()), kind, due, records, work, forced.pop(0) if forced else None)
        self._jobs[job.id] = job
        self._running.append(job)
        return job

    def run_due(self, now: float) -> None:
        """Do the jobs whose time has come, the earliest first."""
        due = [job for job in self._running if job.due <= now]
        if not due:
            return
        self._running = [job for job in self._running if job.due > now]
        for job in sorted(due, key=lambda job: job.due):
            job.report = {} if job.forced_status else job.work()

    def find(self, kind: JobKind, identifier: str) -> Job | None:
        """Return a job of a kind, or None."""
        job = self._jobs.get(identifier)
        return job if job is not None and job.kind is kind else None

    def running(self, kind: JobKind) -> int:
        """Return how many jobs of a kind are not done yet."""
        return sum(1 for job in self._running if job.kind is kind)

    def all(self, kind: JobKind) -> list[Job]:
        """Return the jobs of a kind, the oldest first."""
        return [job for job in self._jobs.values() if job.kind is kind]

    def force_status(self, kind: JobKind, status: str, times: int) -> None:
        """Let the next jobs of a kind end with a status without doing anything."""
        self._forced.setdefault(kind, []).extend([status] * times)


def poll(job: Job, polls_until_done: int) -> Mapping[str, Any] | None:
    """Count a poll of a job and return its report, or None while the answer must be that it is pending."""
    job.polls += 1
    return job.report if job.polls > polls_until_done else None
