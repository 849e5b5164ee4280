"""Decision trees that were read from a file: their arrays must not lead out of themselves. Pure.

scikit-learn's compiled trees follow their children's indices without a look, so a tree that somebody made
up could read memory that is not its own. Checked ones cannot.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

# What skops names when a file holds them.
TREES = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    }
)
_MANY_OBJECTS = 1_000_000


def find_trees(estimator: Any) -> Iterator[tuple[Any, int]]:
    """Every compiled tree inside an estimator, with how many features it may ask for.

    Ensembles hand their rows to their members unchecked, so a member has no more features than they.
    """
    waiting: list[tuple[Any, int]] = [(estimator, 0)]
    seen = set[int]()
    while waiting and len(seen) < _MANY_OBJECTS:
        one, features = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if f"{type(one).__module__}.{type(one).__qualname__}" in TREES:
            yield one, features
            continue
        own = getattr(one, "n_features_in_", None)
        if isinstance(own, (int, np.integer)):
            features = min(features, int(own)) if features else int(own)
            if not hasattr(one, "estimators_") and hasattr(one, "steps"):
                # A pipeline's steps make features of their own.
                features = 0
        waiting += [(part, features) for part in _open(one)]


def _open(one: Any) -> list[Any]:
    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, (list, tuple)):
        return list(one)
    if isinstance(one, np.ndarray):
        return one.ravel().tolist() if one.dtype == object else []
    return list(vars(one).values()) if hasattr(one, "__dict__") else []


def is_sound(tree: Any, features: int) -> bool:
    """Whether each inner node has two later nodes as its children, and asks for a feature that there is."""
    if hasattr(tree, "nodes"):
        nodes = tree.nodes
        inner = nodes["is_leaf"] == 0
        children, asked = [nodes["left"][inner], nodes["right"][inner]], nodes["feature_idx"][inner]
        # Sets of categories are looked up by further indices.
        if nodes["is_categorical"].any():
            return False
    else:
        inner = tree.children_left != -1
        if not bool((inner == (tree.children_right != -1)).all()):
            return False
        children, asked = (
            [tree.children_left[inner], tree.children_right[inner]],
            tree.feature[inner],
        )
        nodes = tree.children_left
    at = np.flatnonzero(inner)
    forward = all(bool(((one > at) & (one < len(nodes))).all()) for one in children)
    return forward and bool(((asked >= 0) & (asked < features)).all())
