"""The contract of tasks, run over all that are found; one whose data is not on this machine is skipped."""

from hwnas.contracts.finding import names
from hwnas.testing import suite

TestTasks = suite("tasks", {name: {} for name in names("tasks")})
