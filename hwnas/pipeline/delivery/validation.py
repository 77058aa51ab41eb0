"""Finalists become members of the front: written, proved equal, timed again, evaluated on images no search saw.

What was proved and evaluated is kept with the hash of its file, and done again only where code, images or file changed.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from hwnas.archive.provenance import digest
from hwnas.archive.records import VerifiedRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.level import Level
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.reference import Reference
from hwnas.contracts.task import Task
from hwnas.contracts.trial import Result
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.expected import ERROR, MEASURED
from hwnas.evaluation.figure import figure_of, interval_of_figure
from hwnas.evaluation.scores import agreement_of, scores_of_file
from hwnas.export import manifest as manifests
from hwnas.export.mixed_parity import prove_mixed
from hwnas.export.parity import prove
from hwnas.export.scoring import outputs, outputs_of_file
from hwnas.export.writer import write_onnx
from hwnas.pipeline.delivery.front import Member, Searched
from hwnas.pipeline.delivery.promise import PARITY_EXAMPLES, promise_of
from hwnas.pipeline.latencies.source import LatencySource
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.size import parameters
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.estimate import Latency, other_session
from hwnas.profiling.table import VerdictRecord
from hwnas.profiling.verdict import FROM_BEST, Verdict

PROVING, EVALUATING = "proving equal", "evaluating on unseen images"


class Validation:
    """Everything that finalists of one search share.

    Args:
        latencies: where their latencies come from.
        card: of the device that is of.
        searched: what was asked for.
        healed: evaluators of sub-networks that have weights of their own, by key; all others are of `evaluator`.
    """

    def __init__(
        self,
        run: Run,
        evaluator: Evaluator,
        task: Task,
        latencies: LatencySource,
        card: DeviceCard,
        searched: Searched,
        progress: Progress,
        healed: Mapping[str, Evaluator] | None = None,
    ) -> None:
        self.level = Level()
        self._verdict: Verdict | None = None
        self.run, self.evaluator, self.task, self.latencies, self.card = run, evaluator, task, latencies, card
        self.searched, self.progress, self._healed = searched, progress, healed or {}
        self.space = evaluator.supernet.space
        self.report = examples_of(task, "report")

    def members(
        self, finalists: Sequence[Result], predicted: Prediction, reference: Reference, extra: Sequence[str]
    ) -> list[Member]:
        """One member per finalist, by rising measured latency; all written to the run's folder.

        Args:
            predicted: their latencies, as the search reckoned with.
            reference: that of the profile the search relied on, so that its latencies and the new ones compare.
            extra: figures beside latency that are asked for.

        Raises:
            PromiseError: a file does not compute what its network computes.
            DeviceError: the device fails, or is too busy for usable figures.
        """
        architectures = [result.trial.architecture for result in finalists]
        verified = []
        for i, architecture in enumerate(architectures):
            self.progress(PROVING, i, len(finalists))
            verified.append(self._proved(architecture))
        self.progress(PROVING, len(finalists), len(finalists))
        paths = [self.path(architecture) for architecture in architectures]
        timed = self.latencies.finalists(architectures, paths, reference, extra)
        self.level, self._verdict = timed.level, timed.verdict
        members = []
        for i, result in enumerate(finalists):
            self.progress(EVALUATING, i, len(finalists))
            evaluated = self._evaluated(architectures[i], verified[i])
            members.append(
                self._member(result, evaluated, other_session(timed.latencies[i]), timed.extra[i], predicted, i)
            )
        self.progress(EVALUATING, len(finalists), len(finalists))
        return sorted(members, key=lambda member: member.latency_ms)

    def verdict_beside(self, table: VerdictRecord) -> str:
        """That on the latency table, and where that on the finalists' timing is worse, this one too; then what is known
        of the device's level.
        """
        words, again = f"{table.state}. {table.advice}", self._verdict
        if again is not None and FROM_BEST.index(again.state) > FROM_BEST.index(table.state):
            words = f"{words} The timing of what was found is {again.state}. {again.advice}"
        return f"{words} {self.level.words()}"

    def path(self, architecture: Architecture) -> Path:
        """Where the model of an architecture lies."""
        weights = self._of(architecture).weights
        return self.run.subnets / f"{architecture.key}{'-' if weights else ''}{weights}.onnx"

    @cached_property
    def _identity(self) -> str:
        return digest(self.evaluator.identity, *self.report.told_by())

    def _of(self, architecture: Architecture) -> Evaluator:
        return self._healed.get(architecture.key, self.evaluator)

    def _proved(self, architecture: Architecture) -> VerifiedRecord:
        path = self.path(architecture)
        evaluator = self._of(architecture)
        record = evaluator.archive.record(VerifiedRecord, self._name(architecture))
        if record is not None and path.is_file() and manifests.fingerprint(path)[0] == record.sha256:
            return record
        network = evaluator.network(architecture)
        lowered = evaluator.lowered(architecture, network)
        write_onnx(lowered, self.space.inputs, path)
        inputs = self.report.take(slice(0, PARITY_EXAMPLES)).inputs
        axis, specs = self.task.class_axis, self.space.inputs
        if isinstance(lowered, Mixed):
            parity, lowered = prove_mixed(lowered, specs, path, inputs, class_axis=axis), lowered.float32
        else:
            parity = prove(lowered, path, inputs, class_axis=axis)
        sha256, _ = manifests.fingerprint(path)
        verified = VerifiedRecord(
            sha256=sha256,
            parity_max_abs_diff=parity.max_abs_diff,
            parity_top1_agreement=agreement_of(
                self.task, outputs(lowered, specs, inputs), outputs_of_file(path, inputs)
            ),
        )
        self._keep(architecture, verified)
        return verified

    def _evaluated(self, architecture: Architecture, proved: VerifiedRecord) -> VerifiedRecord:
        if proved.score is not None:
            return proved
        scores = scores_of_file(self.task, self.path(architecture), self.report)
        verified = proved.model_copy(
            update={
                "score": figure_of(self.task, scores),
                "score_interval": interval_of_figure(self.task, scores),
            }
        )
        self._keep(architecture, verified)
        return verified

    def _name(self, architecture: Architecture) -> str:
        return f"{self._identity} {architecture.key}"

    def _keep(self, architecture: Architecture, verified: VerifiedRecord) -> None:
        self._of(architecture).archive.put(self._name(architecture), verified)

    def _member(
        self,
        result: Result,
        verified: VerifiedRecord,
        latency: Latency,
        extra: Mapping[str, float],
        predicted: Prediction,
        i: int,
    ) -> Member:
        architecture = result.trial.architecture
        assert verified.score is not None  # noqa: S101  just evaluated
        assert verified.score_interval is not None  # noqa: S101  likewise
        path = self.path(architecture)
        genomes = self.space.encode(architecture)[None]
        costs = self.space.costs(genomes) if self.space.costs else {}
        member = Member(
            key=architecture.key,
            architecture=dict(architecture),
            search_score=result.figures[MEASURED],
            expected_score=result.figures[self.task.figure.name],
            expected_score_error=result.figures[ERROR],
            score=verified.score,
            score_interval=verified.score_interval,
            latency_ms=latency.latency_ms,
            latency_ms_interval=self.level.next_time(latency.latency_ms, latency.low_ms, latency.high_ms),
            latency_ms_at_slowest=self.level.at_slowest_ms(latency.high_ms),
            predicted_latency_ms=float(predicted.mean[i]),
            predicted_latency_ms_interval=(float(predicted.low[i]), float(predicted.high[i])),
            size_bytes=path.stat().st_size,
            sha256=verified.sha256,
            macs=float(costs["macs"][0]) if "macs" in costs else None,
            params=float(parameters(self.space, genomes)[0]),
            parity_max_abs_diff=verified.parity_max_abs_diff,
            parity_top1_agreement=verified.parity_top1_agreement,
            file=str(path.relative_to(self.run.folder)),
        ).model_copy(update=dict(extra))
        promise = promise_of(
            member, self.card, self.task, self.searched, len(self.report), self._of(architecture).supernet.record,
            space=self.space, level=self.level,
        )  # fmt: skip
        manifests.write(manifests.make(path, **promise), path)
        return member
