"""What a run has learnt so far: how good its predictors are, and what scores to expect of what it evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwnas.archive import Archive
from hwnas.archive.records import RatedRecord
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import LATENCY
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.contracts.trial import Result
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.expected import Expected, expect
from hwnas.evaluation.figure import chance_variance
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.pipeline.predictions.rating import rated
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.search_and_baseline import judged_results
from hwnas.profiling.table import LatencyTable


@dataclass(frozen=True)
class Expectations:
    """Of a run's searches.

    Args:
        run: whose archive keeps the ratings, and whose folder the predictors.
        space: of its sub-networks.
        task: what they are for.
        seed: of the fits.
    """

    run: Run
    space: SearchSpace
    task: Task
    seed: int

    def rated_latency(self, table: LatencyTable) -> RatedRecord | None:
        """The rating of a predictor that learns from a table; None when that is too little."""
        genomes, latencies = table.arrays(self.space)
        return rated(
            self.run.archive, self.space, LATENCY.name, genomes, latencies, self.seed,
            lambda: GenomePredictor.of_table(self.space, table, seed=self.seed), self.run.predictors,
        )  # fmt: skip

    def rated_score(self, archive: Archive, provenance: Mapping[str, str]) -> RatedRecord | None:
        """The rating of a predictor of the task's figure that learns from everything evaluated by one rule; None when
        that is too little.
        """
        results = judged_results(archive, provenance=provenance)
        if not results:
            return None
        genomes = self.space.encode_many(result.trial.architecture for result in results)
        name = self.task.figure.name
        figures = np.array([result.figures[name] for result in results])

        def fit() -> GenomePredictor:
            return GenomePredictor.fit(self.space, name, genomes, figures, relative=False, seed=self.seed)

        return rated(self.run.archive, self.space, name, genomes, figures, self.seed, fit, self.run.predictors)

    def expected(
        self, archive: Archive, evaluator: Evaluator, provenance: Mapping[str, str]
    ) -> tuple[list[Result], Expected]:
        """All results by one rule, and what scores to expect of them.

        Raises:
            InputError: there are none.
        """
        results = judged_results(archive, provenance=provenance)
        if not results:
            raise InputError(
                f"Nothing in {self.run.folder} was evaluated with these networks, examples and scores; search again."
            )
        measured = np.array([result.figures[self.task.figure.name] for result in results])
        architectures = [result.trial.architecture for result in results]
        by_example = [scores for scores in map(evaluator.measured, architectures) if scores is not None]
        variance = chance_variance(self.task, by_example or [evaluator.scores(architectures[0])])
        rating = self.rated_score(archive, provenance)
        return results, expect(measured, None if rating is None else np.array(rating.mean), variance)
