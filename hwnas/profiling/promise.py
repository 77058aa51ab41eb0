"""When a timing that breaks a budget is not to be believed."""

from hwnas.profiling.stopwatch import Profile

BUSY_FACTOR = 2.0  # an unusable timing may be so many times too long; what keeps its budget even so does keep it


def may_be_the_machine(profile: Profile, budget_ms: float) -> bool:
    """Whether the machine was so busy that its first model may keep the budget after all."""
    return profile.verdict.state == "unusable" and profile.latencies[0].low_ms <= BUSY_FACTOR * budget_ms
