"""The contract of problems, run over all that are found; the published tables are named by HWNAS_DATA."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestProblems = suite("problems", {name: {} for name in names("problems")})
