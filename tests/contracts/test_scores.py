"""The contract of zero-cost scores, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestScores = suite("scores", {name: {} for name in names("scores")})
