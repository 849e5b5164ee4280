"""The endpoints that people want, and how each one stands."""

from sqlalchemy import Connection, Row, delete, insert, select, update

from core.endpoint import EndpointSpec
from core.errors import Conflict, NotFound
from core.refs import EndpointName
from registry.database import Database
from registry.publishing import Authored, edit_everywhere, read_deployment, read_stages
from registry.records import Endpoint, EndpointState
from registry.schema import endpoints


class EndpointTable:
    """Endpoints by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, spec: EndpointSpec, now: float) -> Endpoint:
        """Create the endpoint or replace its spec; the reconciler makes it so.

        A new one is private: a route that was left by an earlier one of its name is taken back.
        """
        document = spec.model_dump(mode="json")
        with self._database.write() as connection:
            known = connection.execute(
                select(endpoints).where(endpoints.c.name == spec.name)
            ).first()
            if known is None:
                _take_back(connection, spec.name, now)
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
        """One endpoint; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(endpoints).where(endpoints.c.name == name)).first()
        if row is None:
            raise NotFound("endpoint", name)
        return _read(row)

    def list(self) -> tuple[Endpoint, ...]:
        """All endpoints by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(endpoints).order_by(endpoints.c.name)).all()
        return tuple(_read(row) for row in rows)

    def mark(self, seen: Endpoint, state: EndpointState, reason: str = "") -> bool:
        """Say how the endpoint stands; False, and nothing changes, where it is not as `seen` any more.

        So neither a deletion nor a newer spec that came meanwhile is forgotten. Each call is a
        visible write: call it on a change only.
        """
        with self._database.write() as connection:
            marked = connection.execute(
                update(endpoints)
                .where(
                    endpoints.c.name == seen.name,
                    endpoints.c.state == seen.state,
                    endpoints.c.updated_at == seen.updated_at,
                )
                .values(state=state, reason=reason)
            )
        return marked.rowcount == 1

    def take_down(
        self, name: EndpointName, *, with_routes: bool = False, now: float = 0.0
    ) -> tuple[str, ...]:
        """Begin a deletion; returns the routes that were taken back in the same write.

        Raises NotFound, and Conflict where routes lead to it and `with_routes` is not set:
        they would make public whatever gets this name next.
        """
        with self._database.write() as connection:
            leading = _routes_to(connection, name)
            if leading and not with_routes:
                advice = "delete them first, or together with it (--with-routes)"
                found = f"{', '.join(leading)}; {advice}"
                raise Conflict("endpoint", name, "no route that leads to it", found)
            _take_back(connection, name, now)
            marked = connection.execute(
                update(endpoints)
                .where(endpoints.c.name == name)
                .values(state=EndpointState.DELETING, reason="removal asked for")
            )
            if marked.rowcount == 0:
                raise NotFound("endpoint", name)
        return leading

    def remove(self, name: EndpointName) -> bool:
        """Forget an endpoint of which nothing is loaded; False where it is wanted again."""
        going = (endpoints.c.name == name) & (endpoints.c.state == EndpointState.DELETING)
        with self._database.write() as connection:
            gone = connection.execute(delete(endpoints).where(going))
        return gone.rowcount == 1


def _routes_to(connection: Connection, name: EndpointName) -> tuple[str, ...]:
    """Routes of all stages, by name, with their stage where it is not the default one."""
    found: set[str] = set()
    for stage in read_stages(connection):
        for number in filter(None, (stage.deployment, stage.canary)):
            exposure = read_deployment(connection, number).exposure
            found |= {route.name for route in exposure.routes if route.endpoint == name}
    return tuple(sorted(found))


def _take_back(connection: Connection, name: str, now: float) -> None:
    authored = Authored(now, note=f"endpoint {name} is new or goes")
    edit_everywhere(
        connection,
        lambda exposure: exposure.without_routes(lambda route: route.endpoint == name),
        authored,
    )


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
