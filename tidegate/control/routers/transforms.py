"""Batch transforms: a published model over files, as a job."""

import secrets
from pathlib import Path

from fastapi import APIRouter

from core.clock import Clock
from core.refs import JobId, ModelRef
from registry.catalogue import Catalogue
from registry.records import Job, JobState
from registry.tables.jobs import JobTable
from serving.surroundings import Surroundings
from serving.transform.order import TransformOrder
from serving.transform.source import open_source
from serving.transform.spec import TransformSpec
from tidegate.control.documents import JobDocument
from training.job import JobFolder


class TransformOperations:
    """The operations on batch transforms; once accepted, one is a job like others."""

    def __init__(
        self, jobs: JobTable, catalogue: Catalogue, folder: Path, around: Surroundings, clock: Clock
    ) -> None:
        self._jobs, self._catalogue = jobs, catalogue
        self._folder, self._around, self._clock = folder, around, clock

    def submit(self, spec: TransformSpec) -> JobDocument:
        """Accept a transform of what its model stands for now; it starts when the cluster has room.

        Raises NotFound for an unknown model, InvalidSpec for an input that is not there or that the
        model cannot take.
        """
        version = self._catalogue.resolve(ModelRef.parse(spec.model))
        open_source(spec, version.manifest.signature)
        job = JobId(f"{spec.kind}-{secrets.token_hex(6)}")
        order = TransformOrder.of(job, spec, version, self._around)
        order.write(JobFolder.of(self._folder, job).spec)
        now = self._clock.now()
        accepted = Job(job, spec.kind, spec.document, JobState.PENDING, "accepted", {}, now, now)
        self._jobs.add(accepted)
        return JobDocument.of(accepted)


def build_router(operations: TransformOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/transforms", tags=["jobs"])
    router.add_api_route("", operations.submit, methods=["POST"])
    return router
