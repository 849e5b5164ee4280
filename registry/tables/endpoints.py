"""The endpoints that people want, and how each one stands."""

from sqlalchemy import Row, delete, insert, select, update

from core.endpoint import EndpointSpec
from core.errors import EndpointNotFound
from core.refs import EndpointName
from registry.database import Database
from registry.records import Endpoint, EndpointState
from registry.schema import endpoints


class EndpointTable:
    """Endpoints by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, spec: EndpointSpec, now: float) -> Endpoint:
        """Create the endpoint or replace its spec; the reconciler makes it so."""
        document = spec.model_dump(mode="json")
        with self._database.write() as connection:
            known = connection.execute(
                select(endpoints).where(endpoints.c.name == spec.name)
            ).first()
            if known is None:
                state = EndpointState.CREATING
                values = {"name": spec.name, "created_at": now, "updated_at": now, "reason": ""}
                connection.execute(insert(endpoints).values(spec=document, state=state, **values))
            else:
                connection.execute(
                    update(endpoints)
                    .where(endpoints.c.name == spec.name)
                    .values(spec=document, state=EndpointState.UPDATING, reason="", updated_at=now)
                )
        return self.get(EndpointName(spec.name))

    def get(self, name: EndpointName) -> Endpoint:
        """One endpoint; raises EndpointNotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(endpoints).where(endpoints.c.name == name)).first()
        if row is None:
            raise EndpointNotFound(name)
        return _read(row)

    def list(self) -> tuple[Endpoint, ...]:
        """All endpoints by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(endpoints).order_by(endpoints.c.name)).all()
        return tuple(_read(row) for row in rows)

    def mark(self, name: EndpointName, state: EndpointState, reason: str = "") -> None:
        """Say how the endpoint stands; each call is a visible write, so call it on a change only."""
        with self._database.write() as connection:
            connection.execute(
                update(endpoints).where(endpoints.c.name == name).values(state=state, reason=reason)
            )

    def remove(self, name: EndpointName) -> None:
        """Forget the endpoint, once nothing of it is loaded any more."""
        with self._database.write() as connection:
            connection.execute(delete(endpoints).where(endpoints.c.name == name))


def _read(row: Row[tuple[object, ...]]) -> Endpoint:
    known = row._mapping
    return Endpoint(
        name=EndpointName(known["name"]),
        spec=EndpointSpec.model_validate(known["spec"]),
        state=EndpointState(known["state"]),
        reason=known["reason"],
        created_at=known["created_at"],
        updated_at=known["updated_at"],
    )
