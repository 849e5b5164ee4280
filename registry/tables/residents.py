"""Versions that are loaded in the cluster, or on their way in or out."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, insert, select, update

from core.endpoint import VariantSpec
from core.errors import NotFound
from core.refs import EndpointName, ModelName, ResidentId, VariantName
from core.signature import Signature
from registry.database import Database
from registry.records import Resident, ResidentState, Role
from registry.schema import residents

_SIGNATURE = TypeAdapter(Signature)


class ResidentTable:
    """Residents by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, resident: Resident) -> None:
        """Record a new resident; one that is already known stays as it is."""
        with self._database.write() as connection:
            known = select(residents.c.id).where(residents.c.id == resident.id)
            if connection.execute(known).first() is None:
                connection.execute(insert(residents).values(**_write(resident)))

    def get(self, resident: ResidentId) -> Resident:
        """One resident; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(residents).where(residents.c.id == resident)).first()
        if row is None:
            raise NotFound("resident", resident)
        return _read(row)

    def list(self) -> tuple[Resident, ...]:
        """All residents, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(residents).order_by(residents.c.created_at)).all()
        return tuple(_read(row) for row in rows)

    def promote(self, resident: Resident, retire_at: float) -> None:
        """Make this one live and retire the one that was so in its variant and role, in one write."""
        same_variant = (
            (residents.c.endpoint == resident.endpoint)
            & (residents.c.variant == resident.variant)
            & (residents.c.role == resident.role)
        )
        live = residents.c.state == ResidentState.LIVE
        with self._database.write() as connection:
            connection.execute(
                update(residents)
                .where(same_variant & live & (residents.c.id != resident.id))
                .values(state=ResidentState.RETIRED, retire_at=retire_at)
            )
            connection.execute(
                update(residents)
                .where(residents.c.id == resident.id)
                .values(state=ResidentState.LIVE, reason="", retire_at=None, share=1.0)
            )

    def shift(self, resident: ResidentId, share: float, step: int, now: float) -> None:
        """Give a version this share of its variant's traffic, as a step of its rollout."""
        with self._database.write() as connection:
            connection.execute(
                update(residents)
                .where(residents.c.id == resident)
                .values(
                    state=ResidentState.CANARY, reason="", share=share, step=step, stepped_at=now
                )
            )

    def mark(self, resident: ResidentId, state: ResidentState, reason: str = "") -> None:
        """Say how one resident stands."""
        with self._database.write() as connection:
            connection.execute(
                update(residents)
                .where(residents.c.id == resident)
                .values(state=state, reason=reason)
            )

    def respec(self, resident: ResidentId, spec: VariantSpec) -> None:
        """Keep what the resident's application was last started with; nothing else follows it."""
        with self._database.write(visible=False) as connection:
            connection.execute(
                update(residents)
                .where(residents.c.id == resident)
                .values(spec=spec.model_dump(mode="json"))
            )

    def explain(self, resident: ResidentId, reason: str) -> None:
        """Keep why a resident does not load; its state is the reconciler's to change."""
        with self._database.write() as connection:
            connection.execute(
                update(residents).where(residents.c.id == resident).values(reason=reason)
            )

    def remove(self, resident: ResidentId) -> None:
        """Forget a resident that is out of the cluster."""
        with self._database.write() as connection:
            connection.execute(delete(residents).where(residents.c.id == resident))


def _write(resident: Resident) -> dict[str, Any]:
    return {
        "id": resident.id,
        "endpoint": resident.endpoint,
        "variant": resident.variant,
        "model": resident.model,
        "version": resident.version,
        "spec": resident.spec.model_dump(mode="json"),
        "signature": _SIGNATURE.dump_python(resident.signature, mode="json"),
        "platform": resident.platform,
        "location": resident.location,
        "digest": resident.digest,
        "state": resident.state,
        "reason": resident.reason,
        "created_at": resident.created_at,
        "retire_at": resident.retire_at,
        "role": resident.role,
        "share": resident.share,
        "step": resident.step,
        "stepped_at": resident.stepped_at,
    }


def _read(row: Row[tuple[object, ...]]) -> Resident:
    known = dict(row._mapping)
    return Resident(
        id=ResidentId(known["id"]),
        endpoint=EndpointName(known["endpoint"]),
        variant=VariantName(known["variant"]),
        model=ModelName(known["model"]),
        version=known["version"],
        spec=VariantSpec.model_validate(known["spec"]),
        signature=_SIGNATURE.validate_python(known["signature"]),
        platform=known["platform"],
        location=known["location"],
        digest=known["digest"],
        state=ResidentState(known["state"]),
        reason=known["reason"],
        created_at=known["created_at"],
        retire_at=known["retire_at"],
        role=Role(known["role"]),
        share=known["share"],
        step=known["step"],
        stepped_at=known["stepped_at"],
    )
