from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn import ensemble, tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.errors import PackageCorrupt
from registry.inspectors.sklearn import load_estimator
from registry.trees import find_trees, is_sound

RANDOM = np.random.default_rng(1)
X = RANDOM.random((200, 4))
Y = (X[:, 0] + X[:, 2] > 1).astype(int)


@pytest.mark.parametrize(
    "estimator",
    [
        tree.DecisionTreeClassifier(),
        ensemble.RandomForestClassifier(3),
        ensemble.GradientBoostingClassifier(n_estimators=3),
        ensemble.HistGradientBoostingClassifier(max_iter=3),
        ensemble.IsolationForest(n_estimators=3),
        make_pipeline(StandardScaler(), ensemble.ExtraTreesRegressor(3)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_fitted_trees_are_read_and_answer_as_before(estimator: Any, tmp_path: Path) -> None:
    estimator.fit(X, Y)
    skops.io.dump(estimator, tmp_path / "m.skops")
    loaded = load_estimator(tmp_path / "m.skops")
    assert np.array_equal(loaded.predict(X), estimator.predict(X))
    assert len(list(find_trees(loaded))) >= 1


@pytest.mark.parametrize(("field", "value"), [("children_left", 10**6), ("feature", 99)])
def test_a_tree_that_leads_out_of_itself_is_refused(field: str, value: int, tmp_path: Path) -> None:
    forest = ensemble.RandomForestClassifier(2).fit(X, Y)
    getattr(forest.estimators_[1].tree_, field)[0] = value
    skops.io.dump(forest, tmp_path / "m.skops")
    with pytest.raises(PackageCorrupt, match="leads out of itself"):
        load_estimator(tmp_path / "m.skops")


def test_a_member_has_no_more_features_than_its_ensemble() -> None:
    forest = ensemble.RandomForestClassifier(1).fit(X, Y)
    forest.estimators_[0].n_features_in_ = 1000
    (found,) = find_trees(forest)
    assert found[1] == 4
    assert is_sound(*found)
