"""Choose the next job.

First in, first out, with retries bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.jobs.store import Job


@dataclass(slots=True)
class Queue:
    """The order of waiting jobs.

    Hosts take turns, and within a host the request just made goes first.
    """

    _waiting: dict[str, list[Job]] = field(default_factory=dict)
    _turns: list[str] = field(default_factory=list)

    def add(self, job: Job) -> None:
        """Put a job in line."""
        self._waiting.setdefault(job.host, []).append(job)
        if job.host not in self._turns:
            self._turns.append(job.host)

    def take(self) -> Job | None:
        """The next job, None where nobody waits.

        Its host goes to the back of the line.
        """
        for host in list(self._turns):
            self._turns.remove(host)
            waiting = self._waiting[host]
            if waiting:
                self._turns.append(host)
                return waiting.pop()
            del self._waiting[host]
        return None

    def drop(self, job_id: str) -> Job | None:
        """Take a job out of the line; None where it does not wait."""
        for waiting in self._waiting.values():
            for job in waiting:
                if job.id == job_id:
                    waiting.remove(job)
                    return job
        return None

    def __len__(self) -> int:
        return sum(len(w) for w in self._waiting.values())
