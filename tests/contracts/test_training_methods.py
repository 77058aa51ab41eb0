"""The contract of training methods, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestTrainingMethods = suite("training", {name: {} for name in names("training")})
