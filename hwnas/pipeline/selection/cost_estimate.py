"""What a search will take, said before it starts: from what is measured already, and from three sub-networks.

The smallest, the middle and the largest are judged once to know the cost of an evaluation; that is kept, and every
search needs it. What is foreseen is measuring; learning from it, and proposing what to measure next, come on top.
"""

import math
from dataclasses import dataclass

from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import SIZE
from hwnas.contracts.search_space import SearchSpace
from hwnas.evaluation.evaluator import Evaluator
from hwnas.export.architecture import network_of
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import CANARY_ROUNDS
from hwnas.profiling.table import LatencyTable

FEWEST_EVALUATIONS = 16
_CANARIES = 3
_PHASES = 3
# Seen in the folders of searches: SQLite rows with their indices, of which an evaluation's repeat its architecture
# three times; page, picture and predictors together; a manifest with its entry in the front.
_BYTES_PER_TIMING, _BYTES_PER_EVALUATION, _BYTES_OF_REPORT, _BYTES_PER_MEMBER = 260, 700, 150_000, 4_500


@dataclass(frozen=True)
class Foreseen:
    """What is still to do.

    Args:
        evaluations: scores to measure, by both runs together; fewer when both ask for the same.
        timings: of one model in one round; more when intervals stay wide.
        seconds: of measuring.
        size_bytes: on disk, about.
        evaluation_seconds: of one evaluation.
    """

    evaluations: int
    timings: int
    seconds: float
    size_bytes: float
    evaluation_seconds: float


def foresee(
    space: SearchSpace,
    evaluator: Evaluator,
    preset: Preset,
    table: LatencyTable | None,
    *,
    evaluations: int,
    samples: int,
    finalists: int,
    report_images: int,
) -> Foreseen:
    """The cost of `evaluations` more accuracies, of a profile where there is no `table`, and of the finalists."""
    marks = (space.smallest, space.middle, space.largest)
    cost = sum(evaluator.seconds(architecture) for architecture in marks) / len(marks)
    profiled = 0 if table else preset.rounds * samples + _PHASES * CANARY_ROUNDS * min(_CANARIES, samples)
    timings = profiled + preset.rounds * finalists
    latency_ms = max((row.latency_ms for row in table.rows), default=0.0) / 2 if table else 0.0
    timing_seconds = 2 * max(preset.min_seconds, preset.min_runs * latency_ms / 1000)  # the reference is timed too
    validating = finalists * cost * (1 + report_images / len(evaluator.examples))
    model = SIZE.per_cost * sum(p.numel() for a in marks for p in network_of(space, a).parameters()) / len(marks)
    name = len(space.largest.to_json())
    per_evaluation = _BYTES_PER_EVALUATION + 3 * name + len(evaluator.examples) / 4
    return Foreseen(
        evaluations=evaluations,
        timings=timings,
        seconds=evaluations * cost + timings * timing_seconds + validating,
        size_bytes=evaluations * per_evaluation
        + timings * _BYTES_PER_TIMING
        + (0 if table else samples * 2 * name)
        + finalists * (model + _BYTES_PER_MEMBER + name)
        + _BYTES_OF_REPORT,
        evaluation_seconds=cost,
    )


def fitting(seconds: float, rest: Foreseen, most: int | None) -> int:
    """Evaluations of each run that fit into `seconds` beside the rest, at most `most`.

    Raises:
        InputError: fewer than a search needs.
    """
    count = math.floor((seconds - rest.seconds) / (2 * rest.evaluation_seconds))
    if count < FEWEST_EVALUATIONS:
        needed = rest.seconds + 2 * FEWEST_EVALUATIONS * rest.evaluation_seconds
        raise InputError(
            f"A search of at least {FEWEST_EVALUATIONS} evaluations takes about {math.ceil(needed / 60)} min here, got "
            f"{seconds / 60:.3g} min; allow more time."
        )
    return min(count, most or count)
