"""What every explainer holds to. A subclass gives a model of features that it can explain."""

from pathlib import Path

import numpy as np
import pytest

from core.plugins import load
from serving.explainer import EXPLAINERS, Explainer, Subject

ROWS = np.array([[1, 2, 3, 4], [0, -1, 2, 0.5], [1, 1, 1, 1]], np.float32)


class ExplainerContract:
    name: str

    def make_subject(self, folder: Path) -> Subject:
        raise NotImplementedError

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return self.make_subject(tmp_path)

    @pytest.fixture
    def explainer(self, subject: Subject) -> Explainer:
        kind: type[Explainer] = load("explainer", EXPLAINERS, self.name)
        return kind(subject)

    def test_attributions_and_base_add_up_to_the_answer(
        self, subject: Subject, explainer: Explainer
    ) -> None:
        found = explainer.explain(ROWS)
        whole = found.values.sum(axis=2) + found.base
        np.testing.assert_allclose(whole, subject.predict(ROWS), rtol=1e-2, atol=1e-2)

    def test_there_is_one_for_each_row_value_and_feature(
        self, subject: Subject, explainer: Explainer
    ) -> None:
        values = subject.predict(ROWS).shape[1]
        found = explainer.explain(ROWS)
        assert (found.values.shape, found.base.shape) == ((3, values, 4), (3, values))

    def test_the_same_rows_get_the_same_answer(self, explainer: Explainer) -> None:
        one, other = explainer.explain(ROWS), explainer.explain(ROWS)
        np.testing.assert_array_equal(one.values, other.values)

    def test_no_rows_are_fine(self, explainer: Explainer) -> None:
        assert explainer.explain(ROWS[:0]).values.shape[0] == 0

    def test_a_row_like_the_background_is_moved_by_nothing(
        self, subject: Subject, explainer: Explainer
    ) -> None:
        typical = subject.background.mean(axis=0, keepdims=True).astype(np.float32)
        found = explainer.explain(typical)
        moved = np.abs(explainer.explain(ROWS).values).max()
        assert np.abs(found.values).max() <= moved
