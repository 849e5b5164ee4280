"""The base of all specifications: frozen, validated, written as JSON."""

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
            faults = {
                ".".join(str(part) for part in fault["loc"]) or "spec": fault["msg"]
                for fault in error.errors(include_url=False)
            }
            raise InvalidSpec(cls.__name__, faults) from error
