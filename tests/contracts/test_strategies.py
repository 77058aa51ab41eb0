"""The contract of strategies, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite
from tests.small_strategies import SMALL

TestStrategies = suite("strategies", {name: SMALL.get(name, {}) for name in names("strategies")})
