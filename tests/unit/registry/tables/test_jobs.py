"""Jobs: a final state stays."""

from dataclasses import replace

import pytest

from core.errors import NotFound
from core.refs import JobId
from registry.platform import Platform
from registry.records import Job, JobState

JOB = Job(JobId("j1"), "train", {"a": [1, None]}, JobState.PENDING, "", {}, 1.0, 1.0)


def test_a_job_comes_back_whole(platform: Platform) -> None:
    platform.jobs.add(JOB)
    assert platform.jobs.get(JOB.id) == JOB


def test_an_unknown_job_is_not_found(platform: Platform) -> None:
    with pytest.raises(NotFound):
        platform.jobs.get(JOB.id)


def test_they_are_listed_newest_first(platform: Platform) -> None:
    platform.jobs.add(JOB)
    platform.jobs.add(replace(JOB, id=JobId("j2"), created_at=2.0))
    assert [job.id for job in platform.jobs.list()] == ["j2", "j1"]


@pytest.mark.parametrize("final", [state for state in JobState if state.is_final])
def test_a_final_state_stays(platform: Platform, final: JobState) -> None:
    platform.jobs.add(JOB)
    platform.jobs.mark(JOB.id, JobState.RUNNING, "", now=2.0)
    platform.jobs.mark(JOB.id, final, "done", now=3.0)
    platform.jobs.mark(JOB.id, JobState.RUNNING, "again", now=4.0)
    job = platform.jobs.get(JOB.id)
    assert (job.state, job.message, job.updated_at) == (final, "done", 3.0)


def test_what_a_job_made_is_kept(platform: Platform) -> None:
    platform.jobs.add(JOB)
    platform.jobs.publish(JOB.id, {"version": "iris:1"}, now=2.0)
    assert platform.jobs.get(JOB.id).result == {"version": "iris:1"}
