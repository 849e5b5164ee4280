"""SageMaker's model folders (an unpacked `model.tar.gz`): a script, and whatever it loads."""

import ast
from pathlib import Path

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection
from registry.tree import list_tree

SCRIPT = "code/inference.py"


class SagemakerInspector:
    """A folder with `code/inference.py`. It takes and gives bodies of bytes unless the draft says more."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says: the script is parsed, never imported."""
        functions = _list_functions(source / SCRIPT)
        if "model_fn" not in functions:
            raise InvalidSpec("SageMaker model", {SCRIPT: "it has no `model_fn`"})
        listed = ", ".join(name for name in functions if name.endswith("_fn"))
        return Inspection(
            signature=Signature(
                (
                    TensorSpec("body", DataType.BYTES, (1,)),
                    TensorSpec("content_type", DataType.BYTES, (1,), optional=True),
                    TensorSpec("accept", DataType.BYTES, (1,), optional=True),
                ),
                (
                    TensorSpec("body", DataType.BYTES, (1,)),
                    TensorSpec("content_type", DataType.BYTES, (1,)),
                ),
            ),
            runtime="sagemaker",
            platform="sagemaker",
            companions=tuple(path for path in list_tree(source) if path != SCRIPT),
            notes=(f"functions {listed}; runs only where the operator trusts 'sagemaker'",),
            model_file=SCRIPT,
        )


def _list_functions(file: Path) -> list[str]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise PackageCorrupt(SCRIPT, f"not a Python module ({error})") from error
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
