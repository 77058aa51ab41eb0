"""A forest of regression trees: for figures that are far from a sum of parts, as accuracy can be.

scikit-learn grows the trees; the graph is written from its arrays in double precision, since thresholds lie between two
neighbouring values and single precision can put them on the wrong side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.predictors._calibrated import CalibratedPredictor
from hwnas.predictors._regressor import Regressor, Subgraph

if TYPE_CHECKING:
    from typing import Unpack

    from onnx import NodeProto
    from sklearn.tree import DecisionTreeRegressor
    from sklearn.tree._tree import Tree

    from hwnas.predictors._calibrated import Settings

_TREES = 100
_SHARE_OF_FEATURES = 0.4


class TreesRegressor(Regressor):
    """Random forest (Breiman, 2001); its guesses for a row without the row come from trees that never drew it."""

    name = "trees"
    complexity = 3
    dear = True

    def fit(self, features: FloatArray, target: FloatArray, row_scale: FloatArray) -> FloatArray:
        """See `Regressor.fit`; guesses are out-of-bag, and 0 deviation from the mean for a row every tree drew.

        Bagged here and not by scikit-learn's forest, whose weights (since 1.9) also change which rows are drawn, so
        that heavy rows end up in every tree.
        """
        from sklearn import config_context
        from sklearn.tree import DecisionTreeRegressor

        rng = np.random.default_rng(self.seed)
        n = len(target)
        self._offset = float(np.average(target, weights=row_scale**2))
        rows, deviation = features.astype(np.float32), target - self._offset
        weights = np.square(row_scale / row_scale.mean())
        self._trees: list[DecisionTreeRegressor] = []
        total, voters = np.zeros(n), np.zeros(n)
        with config_context(skip_parameter_validation=True):  # a fifth of the time, for two constants
            for _ in range(_TREES):
                drawn = np.bincount(rng.integers(0, n, n), minlength=n)
                tree = DecisionTreeRegressor(max_features=_SHARE_OF_FEATURES, random_state=int(rng.integers(2**31)))
                tree.fit(rows, deviation, sample_weight=drawn * weights, check_input=False)
                self._trees.append(tree)
                left_out = drawn == 0
                total[left_out] += tree.predict(rows[left_out], check_input=False)
                voters += left_out
        guesses: FloatArray = self._offset + total / np.maximum(voters, 1)
        return guesses

    def predict(self, features: FloatArray) -> FloatArray:
        """See `Regressor.predict`."""
        rows = features.astype(np.float32)
        guesses: FloatArray = self._offset + sum(tree.predict(rows, check_input=False) for tree in self._trees) / len(
            self._trees
        )
        return guesses

    def subgraph(self) -> Subgraph:
        """See `Regressor.subgraph`. Trees see features in single precision, as they did when they grew."""
        from onnx import TensorProto, helper

        node = helper.make_node
        nodes = [
            node("Cast", ["seen"], ["single"], to=TensorProto.FLOAT),
            node("Cast", ["single"], ["rounded"], to=TensorProto.DOUBLE),
            _ensemble([tree.tree_ for tree in self._trees], "rounded", "deviation_single"),
            node("Cast", ["deviation_single"], ["deviation"], to=TensorProto.DOUBLE),
            node("Add", ["deviation", "offset"], ["guess"]),
        ]
        return Subgraph(nodes, {"offset": np.array([self._offset])})


def _ensemble(trees: list[Tree], source: str, result: str) -> NodeProto:
    """The average of scikit-learn's tree arrays as one ``ai.onnx.ml`` node."""
    from onnx import helper, numpy_helper

    counts = [tree.node_count for tree in trees]
    tree_ids = np.repeat(np.arange(len(trees)), counts)
    node_ids = np.concatenate([np.arange(count) for count in counts])
    left = np.concatenate([tree.children_left for tree in trees])
    right = np.concatenate([tree.children_right for tree in trees])
    feature = np.concatenate([tree.feature for tree in trees])
    threshold = np.concatenate([tree.threshold for tree in trees])
    value = np.concatenate([tree.value[:, 0, 0] for tree in trees]) / len(trees)
    leaf = left < 0
    return helper.make_node(
        "TreeEnsembleRegressor",
        [source],
        [result],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        nodes_treeids=tree_ids.tolist(),
        nodes_nodeids=node_ids.tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_featureids=np.where(leaf, 0, feature).tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(np.where(leaf, 0.0, threshold), "thresholds"),
        nodes_truenodeids=np.where(leaf, 0, left).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, right).tolist(),
        target_treeids=tree_ids[leaf].tolist(),
        target_nodeids=node_ids[leaf].tolist(),
        target_ids=[0] * int(leaf.sum()),
        target_weights_as_tensor=numpy_helper.from_array(value[leaf], "leaves"),
    )


def trees(**settings: Unpack[Settings]) -> CalibratedPredictor:
    """A forest with intervals and honesty card; see `CalibratedPredictor` for the settings."""
    return CalibratedPredictor((TreesRegressor,), **settings)
