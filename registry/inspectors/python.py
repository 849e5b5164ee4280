"""A Python file with a class that predicts; what it takes and gives is the draft's to say."""

import ast
from pathlib import Path

from core.errors import InvalidSpec, PackageCorrupt
from registry.inspector import Inspection
from registry.tree import list_tree


class PythonInspector:
    """A `.py` file alone, or a folder with `model.py`, all of which comes along."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says: the file is parsed, never imported."""
        file = source / "model.py" if source.is_dir() else source
        kinds = _list_classes(file)
        if not kinds:
            raise InvalidSpec(
                "Python model", {"class": f"'{file.name}' has no class with `predict`"}
            )
        chosen = "Model" if "Model" in kinds else kinds[0]
        rest = [path for path in list_tree(source) if path != file.name] if source.is_dir() else []
        return Inspection(
            signature=None,
            runtime="python",
            platform="python",
            companions=tuple(rest),
            notes=(f"class {chosen}; runs only where the operator trusts the runtime 'python'",),
            model_file=file.name,
            options={"class": chosen},
        )


def _list_classes(file: Path) -> list[str]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise PackageCorrupt(file.name, f"not a Python module ({error})") from error
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == "predict"
            for one in node.body
        )
    ]
