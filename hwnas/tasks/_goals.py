"""Ready goals: what is learnt, and what is good, of outputs and labels."""

from hwnas.tasks import _class_goals, _number_goals, _place_goals, _verification_goals
from hwnas.tasks._goal import Goal

GOALS: dict[str, Goal] = {
    goal.figure.name: goal
    for kind in (_class_goals, _number_goals, _place_goals, _verification_goals)
    for goal in kind.GOALS
}
"""By the names of their figures; ``accuracy``, which every task has that says nothing else, is `Task`'s own."""
