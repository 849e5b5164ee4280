import pytest

from core.errors import InvalidSpec
from tidegate.control.naming import require_same


def test_the_same_name_is_fine_and_another_is_not() -> None:
    require_same("RouteSpec", "iris", "iris")
    with pytest.raises(InvalidSpec, match="'iris', and the path says 'wine'"):
        require_same("RouteSpec", "wine", "iris")
