"""One regressor per file; features, intervals, honesty cards and storage beside them."""

from hwnas.predictors._calibrated import CalibratedPredictor, rows_needed
from hwnas.predictors._design import most_informative, plain_factors
from hwnas.predictors._enough import Enough, timings_needed
from hwnas.predictors._features import feature_names, features
from hwnas.predictors._genomes import OfGenomes
from hwnas.predictors._regressor import LinearRegressor, Regressor, Subgraph
from hwnas.predictors._selection import fit_best
from hwnas.predictors._storage import StoredPredictor, load
from hwnas.predictors._traced import Traced, with_traced_features

__all__ = [
    "CalibratedPredictor",
    "Enough",
    "LinearRegressor",
    "OfGenomes",
    "Regressor",
    "StoredPredictor",
    "Subgraph",
    "Traced",
    "feature_names",
    "features",
    "fit_best",
    "load",
    "most_informative",
    "plain_factors",
    "rows_needed",
    "timings_needed",
    "with_traced_features",
]
