"""The contract of predictors, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestPredictors = suite("predictors", {name: {} for name in names("predictors")})
