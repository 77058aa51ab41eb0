"""The contract of weight-sharing schemes, run over all that are found."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestSharing = suite("sharing", {name: {} for name in names("sharing")})
