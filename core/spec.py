"""The base of all specifications: frozen, validated, written as JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from core.errors import InvalidName, InvalidSpec
from core.refs import ModelRef, check_name


def _named(kind: str) -> AfterValidator:
    def check(name: str) -> str:
        try:
            return check_name(kind, name)
        except InvalidName as error:
            raise ValueError(str(error)) from error

    return AfterValidator(check)


def _is_ref(text: str) -> str:
    try:
        return str(ModelRef.parse(text))
    except InvalidName as error:
        raise ValueError(str(error)) from error


Named = Annotated[str, _named("name")]
Ref = Annotated[str, AfterValidator(_is_ref)]


class Spec(BaseModel):
    """Base of all specifications: frozen, and a field that we do not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, document: Any) -> Self:
        """Validate; raises InvalidSpec with every fault by its path."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise InvalidSpec(cls.__name__, tell_faults(found, "spec")) from error


def tell_faults(errors: Sequence[Mapping[str, Any]], whole: str) -> dict[str, str]:
    """Pydantic's errors in our words: what is wrong, by the field's path; `whole` names the path of none.

    A list that is too short only because its items have faults is not one more fault.
    """
    places = [tuple(error["loc"]) for error in errors]
    return {
        ".".join(str(part) for part in place) or whole: _say(error)
        for place, error in zip(places, errors, strict=True)
        if error["type"] != "too_short" or not _holds_another(place, places)
    }


def _holds_another(place: tuple[Any, ...], places: Sequence[tuple[Any, ...]]) -> bool:
    return any(len(one) > len(place) and one[: len(place)] == place for one in places)


def _say(error: Mapping[str, Any]) -> str:
    match error:
        case {"type": "value_error", "ctx": {"error": told}}:
            return str(told)
        case {"type": "extra_forbidden"}:
            return "there is no such field"
        case {"type": "missing"}:
            return "is missing"
    return str(error["msg"])
