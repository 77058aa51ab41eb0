"""A study: one supernet, one device, from profile to models that keep their promise. Read it top to bottom.

1. `profile`: time some sub-networks on the device, small to large, and learn to predict the others' latency.
2. `search`: measure scores of the few sub-networks that promise most, again and again; beside it, random search
   with as many evaluations.
3. validate: the finalists are written as ONNX, proved equal to PyTorch, timed again and evaluated on unseen images.
4. `deliver`: the best one within a budget is timed once more, in this very moment, and handed out.
"""

import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from torch import nn

from hwnas.archive import Archive
from hwnas.archive.provenance import code_version, digest
from hwnas.archive.records import FittingRecord, RunRecord, StartRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.device import Device, DeviceCard
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.numbers import real, whole
from hwnas.contracts.places import expanded
from hwnas.contracts.task import Task
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices import open_device
from hwnas.evaluation.accelerator import accelerator
from hwnas.evaluation.door import admit
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.expected import expected_front
from hwnas.export import manifest as manifests
from hwnas.export.forms import forms_of, write_form
from hwnas.export.manifest import FigureCard, Manifest
from hwnas.pipeline.delivery.bits_card import refuse_other_forms
from hwnas.pipeline.delivery.front import NO_ORIGINAL, End, Front, Healing, Member, Pick, Searched
from hwnas.pipeline.delivery.hand_out import Delivery, put_in_place
from hwnas.pipeline.delivery.healing import (
    best_within,
    evaluated,
    said_of_better,
    said_of_worse,
    undominated,
    worse_than,
)
from hwnas.pipeline.delivery.networks import (
    Networks,
    refuse_to_heal,
    refuse_to_replace_original,
)
from hwnas.pipeline.delivery.other_device import refuse_other_device
from hwnas.pipeline.delivery.own_weights import adopt
from hwnas.pipeline.delivery.validation import Validation
from hwnas.pipeline.latencies.choice import latencies_of
from hwnas.pipeline.latencies.recorded import table_latencies
from hwnas.pipeline.open import open_task, own_supernet, stored_task, task_of
from hwnas.pipeline.predictions.all_timed import Figures, extra_figures, figures_of, to_time
from hwnas.pipeline.predictions.expectations import Expectations
from hwnas.pipeline.predictions.genome_predictor import (
    ROWS_BESIDE_OTHERS,
    ROWS_TO_PREDICT,
)
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources
from hwnas.pipeline.reports.run_report import tell
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.contenders import contenders, near_limit
from hwnas.pipeline.selection.cost_estimate import Foreseen, fitting, foresee
from hwnas.pipeline.selection.feasibility import (
    refuse_idle_transfer,
    refuse_int8,
    refuse_missing_images,
    refuse_too_few,
    refuse_too_large,
    refuse_too_slow,
    refuse_too_sure,
)
from hwnas.pipeline.selection.keeping import WITH_ROOM, Keeping
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.selection.search_and_baseline import (
    SearchAndBaseline,
    hypervolumes,
    judged_results,
    question_of,
    spread,
)
from hwnas.pipeline.selection.strategy_choice import BASELINE, Chosen, refuse_other_unfinished
from hwnas.pipeline.selection.to_heal import ToHeal
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.estimate import other_session
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable
from hwnas.report.page import write_page
from hwnas.report.picture import write_front_svg
from hwnas.spaces._narrowed import said_of_narrowing
from hwnas.supernet import Supernet
from hwnas.training._curve import OnStep
from hwnas.training._usual import TO_HEAL
from hwnas.training._usual_recipe import Asked, usual_recipe

EVALUATIONS = 60
LOOK, AT_ONCE = 24, 8  # evaluations of a short search, and how many it finds are timed before the next one
TIMED_FOR_EACH = 4  # that are to be healed


def silent(_step: str, _done: int, _total: int) -> None:
    """No progress is shown."""


class Study:
    """Everything about one supernet on one device, in one folder.

    Args:
        folder: of the run; made when missing, continued when not.
        supernet: what is searched.
        task: what the networks are for, or its name; its `report` images are only used after the search.
        device: a device string or a device.
        seed: of sampling, timing order and search.
        preset: how thoroughly to time: ``rapid``, ``normal`` or ``thorough``.
        progress: told of every step.
        transfer_from: latency tables of other devices, or folders of them, that a new table starts from; then ten
            samples are enough.
        baseline: the network that all others are compared with, of the class and the sizes of the largest sub-network;
            by default the one that `hwnas.elastic` was given, as long as nothing was trained.
        on: where PyTorch judges and heals sub-networks: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; the supernet is moved
            there. None: where it lies. Files are proved and judged on the processor in any case.

    Raises:
        InputError: the folder belongs to another supernet, a name is unknown, the baseline is another network, or the
            task's data, its figure or the networks' outputs are not understood.
        DeviceError: the device cannot be opened.
    """

    def __init__(
        self,
        folder: Path | str,
        supernet: Supernet,
        task: Task | str,
        device: Device | str = "cpu",
        *,
        seed: int = 0,
        preset: str = "normal",
        progress: Progress = silent,
        transfer_from: Sequence[Path] = (),
        baseline: nn.Module | None = None,
        on: str | None = None,
    ) -> None:
        self.transfer_from = tuple(map(expanded, transfer_from))
        self.preset = find_preset(preset)
        self.task = open_task(task, inputs=supernet.space.inputs) if isinstance(task, str) else task
        if not (
            expanded(folder) / "front.json"
        ).is_file():  # else it was admitted, and data need not be there to export
            admit(supernet, self.task)
        self.on = on
        if on is not None:
            supernet.to(accelerator(on))
        self.supernet, self.seed, self.progress = supernet, whole("the seed of a study", seed), progress
        self.space = supernet.space
        self.device = open_device(device) if isinstance(device, str) else device
        refuse_int8(self.device)
        refuse_idle_transfer(self.device, self.transfer_from)
        self.run = Run(Path(folder))
        self.run.settle(RunRecord(supernet=supernet.digest(), task=self.task.name))
        self.latencies = latencies_of(
            self.device, self.space, self.run, self.preset, self.seed, self.transfer_from, progress
        )
        if not self.run.supernet_file.is_file():
            supernet.save(self.run.folder)  # so that every command works on the folder
        self.networks = Networks(self.run, supernet, self.task, progress, baseline)
        self.expectations = Expectations(self.run, self.space, self.task, self.seed)
        if baseline is not None:
            _ = self.original  # refused now, where it is another network

    def with_bits(self, by: str = "layer", *, ranges: str = "minmax", recover: str = "none") -> "Study":
        """The same study with the bits of layers as further choices, in a folder of its own in this one's, called by
        what was asked for.

        It starts from tables of that space where this one was given folders that hold such; with all in INT8 it has no
        baseline.

        Raises:
            InputError: as `hwnas.with_bits`, or there are tables to transfer from and none of that space.
        """
        supernet = self.supernet.with_bits(by, ranges=ranges, recover=recover)
        how = [word for word, usual in ((ranges, "minmax"), (recover, "none")) if word != usual]
        folder = self.run.folder / "-".join(["bits", by, *how])
        read_transfer_sources(self.transfer_from, supernet.space, self.device.card())  # to be heard of now
        return Study(
            folder, supernet, self.task, self.device, seed=self.seed, preset=self.preset.name, progress=self.progress,
            transfer_from=self.transfer_from, on=self.on, baseline=None if by == "all" else self.networks.baseline,
        )  # fmt: skip

    @property
    def original(self) -> Evaluator | None:
        """Of the network that all others are compared with, if there is one."""
        return self.networks.original

    # 1. Profile

    def profile(self, samples: int = 60, *, extra: Iterable[str] = ()) -> LatencyTable:
        """The latency table of the device: the run's own, if it still holds and has so many samples and the `extra`
        columns; else measured now. An old one is checked by its canaries, and rescaled.

        Raises:
            DeviceError: the device fails, or the machine is too busy for usable figures.
        """
        return self.latencies.table(samples, extra)

    def _resolved(self, limits: Limits, table: LatencyTable) -> Limits:
        """With a speedup as the latency that it is beside the largest sub-network, as the table has that."""
        largest = other_session(table_latencies(table, self.space, [self.space.largest], self.seed)[0])
        return limits.beside(table.protocol.level.at_slowest_ms(largest.high_ms))

    def _rows(self, samples: int) -> int:
        """How many rows the table of `profile` will have."""
        table = self.latencies.known(samples)
        return min(samples, self.space.count()) if table is None else len(table.rows)

    def latency_predictor(self, table: LatencyTable, confidence: float | None = None) -> Figures:
        """Fitted on a table, or as timed where that has all of a small space; with a confidence, it plans by bounds."""
        return figures_of(self.space, table, seed=self.seed, confidence=confidence)

    # 2. Search

    def search(
        self,
        evaluations: int | None = None,
        limits: Limits | None = None,
        *,
        samples: int = 60,
        finalists: int = 8,
        seconds: float | None = None,
        strategy: str = "surrogate",
        settings: Mapping[str, Option] | None = None,
        near_budget: int = 0,
        start: Iterable[Mapping[str, Option]] = (),
        force: bool = False,
    ) -> Front:
        """Find, validate and write the front; continues where a killed call stood, and ends the same.

        Args:
            evaluations: scores measured by the search, and by the random search beside it; None: 60, or as many
                as there are `seconds` for.
            limits: what every member must keep.
            samples: architectures timed when the device has no table yet.
            finalists: at most so many members, spread over the front, and the original, where nothing is better.
            seconds: about so long all measuring may take, as far as it can be foreseen.
            strategy: name of the one that searches; those made for evaluations that can stop early are refused.
            settings: of the strategy, where they are not to be its defaults.
            near_budget: so many more are timed before, which short searches think best near a limit on the latency.
            start: architectures that the search evaluates first, such as another front's; a search that was begun keeps
                those that it was begun with.
            force: replace files in the folder that are called as the run's own and are not.

        Raises:
            PromiseError: no sub-network keeps the limits.
            InputError: too few samples to learn from (more for a high confidence), too few seconds, a strategy or a
                setting that cannot be used, a search with another strategy that was cut short here, or a file in the
                way that is not the run's, without `force`.
        """
        with self.run.writing(force=force):
            pass  # refused at once, where it is
        limits, how = limits or Limits(), Chosen(strategy, dict(settings or {}))
        finalists, samples = whole("the number of finalists", finalists, 1), whole("the number of samples", samples, 1)
        how.refuse_unfit(self.space, limits.objectives(self.task.figure), self.seed)
        self.latencies.refuse_untold(self.device.card().device, limits.columns())
        how.refuse_task(self.task)
        samples = to_time(self.space, samples, with_transfer=bool(self.transfer_from))
        refuse_too_few(self.space, samples, ROWS_BESIDE_OTHERS if self.transfer_from else ROWS_TO_PREDICT)
        refuse_too_sure(self.space, limits, self._rows(samples))
        refuse_missing_images(self.task)
        refuse_too_large(self.space, limits, self.seed)
        if limits.speedup is not None and self.original is None:
            raise InputError(NO_ORIGINAL)
        asked = self._asked(evaluations, limits, samples, finalists, seconds)
        evaluator = Evaluator(self.supernet, self.task, self.run.archive)
        table = self._sharpened(self.profile(samples, extra=limits.columns()), limits, how, samples + near_budget)
        given, limits, profile = limits, self._resolved(limits, table), digest(table.model_dump_json())
        both = self._search_on(table, given, evaluator, asked)
        archive, latency, objectives = both.archive, both.latency, both.objectives
        runs = how.runs(both.question, both.provenance)
        refuse_other_unfinished(archive, runs, both.question, asked)
        both = replace(both, start=self._begun_with(archive, runs[strategy], start))
        spent = both.search(how, runs[strategy], asked, None if seconds is None else seconds / 2)
        both.compare(runs[BASELINE], spent)
        self.expectations.rated_latency(table)
        results, expected = self.expectations.expected(archive, evaluator, both.provenance)
        chosen = spread(expected_front(results, expected, self.task.figure.name, objectives), finalists)
        largest, own = self.space.largest, {}
        if self.original is not None:
            own = {largest.key: self.original}
            beside = evaluated(own, [largest], self.task)
            chosen = [result for result in chosen if result.trial.architecture != largest] + beside
        searched = Searched(
            limits=given,
            seed=self.seed,
            profile=profile,
            images=len(evaluator.examples),
            measured_share=expected.weight,
            asked=asked,
            strategy=strategy,
            settings=dict(how.settings),
            runs=runs,
        )
        validation = Validation(
            self.run, evaluator, self.task, self.latencies, self.device.card(), searched, self.progress, own
        )
        predicted = latency(self.space.encode_many(result.trial.architecture for result in chosen))
        everyone = validation.members(chosen, predicted, table.protocol.timed_beside, limits.columns())
        best = {member.key for member in undominated(everyone, self.task.figure.sign, given.sought)}
        members = [member for member in everyone if member.key not in own or member.key in best]
        front = Front(
            space=self.space.name,
            task=self.task.name,
            figure=FigureCard.of(self.task.figure),
            device=table.device.to_dict(),
            verdict=validation.verdict_beside(table.verdict),
            level=validation.level,
            reference=table.protocol.reference,
            reference_ms=table.protocol.reference_ms,
            report_images=len(validation.report),
            evaluations=spent,
            search=searched,
            hypervolume={name: steps[-1][1] for name, steps in hypervolumes(archive, objectives, runs).items()},
            smallest=self._end(self.space.smallest, table, evaluator),
            largest=self._end(largest, table, evaluator),
            members=members,
            original=next((member for member in everyone if member.key in own), None),
            adopted={key: original.weights for key, original in own.items() if original.weights},
            notes=said_of_narrowing(self.space),
        ).within(given)
        return self._published(front, force=force)

    def _begun_with(self, archive: Archive, run: str, start: Iterable[Mapping[str, Option]]) -> list[Architecture]:
        wanted = StartRecord(architectures=[dict(self.space.architecture(a)) for a in start])
        return [self.space.architecture(a) for a in archive.settle(run, wanted).architectures]

    def _search_on(self, table: LatencyTable, given: Limits, evaluator: Evaluator, asked: int) -> SearchAndBaseline:
        """A search for these limits and its baseline, not begun yet, with latencies as a table tells them."""
        limits = self._resolved(given, table)
        latency = self.latency_predictor(table, limits.confidence)
        refuse_too_slow(limits, table, latency, self.seed)
        return SearchAndBaseline(
            self.space, self._provenance(evaluator), question_of(given, self.seed, asked), self.seed,
            limits.objectives(self.task.figure), asked, latency,
            extra_figures(self.space, table, limits.columns(), self.seed), evaluator,
            self.run.searches(digest(table.model_dump_json())), self.progress,
        )  # fmt: skip

    def _sharpened(self, table: LatencyTable, limits: Limits, how: Chosen, rows: int) -> LatencyTable:
        """With as many rows: those added are what short searches think best near the latency limit, if there is one."""
        while (missing := rows - len(table.rows)) > 0 and (limit_ms := self._resolved(limits, table).latency_ms):
            evaluator = Evaluator(self.supernet, self.task, self.run.archive)
            look = self._search_on(table, limits, evaluator, LOOK)
            run = how.runs(look.question, look.provenance)[how.strategy]
            with suppress(PromiseError):  # a longer search may find one
                look.search(how, run, LOOK)
            timed = {self.space.architecture(row.architecture) for row in table.rows}
            results = [r for r in judged_results(look.archive, run) if r.trial.architecture not in timed]
            near = near_limit(results, limit_ms, look.objectives[0])[: min(missing, AT_ONCE)]
            before, table = table, self.latencies.extended(table, near) if near else table
            if len(table.rows) == len(before.rows):
                break
        return table

    def contenders(self, front: Front, count: int) -> list[Architecture]:
        """Sub-networks to heal for the budget of a search: of its front's best member and the best of all evaluated
        ones that are as likely as not to keep it, those that did when they were timed in turns with the largest
        sub-network, which is none of them. Where the latency alone is limited, they are widened or narrowed until they
        just use the limit up; one keeps it with room for the error of the next timing, and of several one is made of
        the largest whose layers are narrowed alike. Where none keeps the budget, the front's best member is the only
        one.

        Args:
            front: of this study's search.
            count: how many, at most.

        Raises:
            DeviceError: the device fails, or is too busy for usable figures.
        """
        count = whole("the number of sub-networks to heal", count, 1)
        table = LatencyTable.read(self.run.table_file(DeviceCard(**front.device).id))
        limits, largest = self._resolved(front.search.limits, table), self.space.largest
        evaluator = Evaluator(self.supernet, self.task, self.run.archive)
        archive = self.run.searches(front.search.profile)
        results, expected = self.expectations.expected(archive, evaluator, self._provenance(evaluator))
        genomes = self.space.encode_many(result.trial.architecture for result in results)
        predicted = self.latency_predictor(table, limits.confidence)
        mean_ms, objectives = predicted(genomes).mean, limits.objectives(self.task.figure)
        likely = contenders(results, expected.mean, mean_ms, objectives)
        roomy = contenders(results, expected.mean, mean_ms / WITH_ROOM, objectives)
        first = [self.space.architecture(member.architecture) for member in self._ranked(front)[:1]]
        asked = [a for a in dict.fromkeys([*likely, *first]) if a != largest]
        keeping = Keeping(self.space, self.latencies, front, self.progress)
        some = {*asked[: TIMED_FOR_EACH * count], *[a for a in roomy if a in asked][:TIMED_FOR_EACH], *first}
        inside = keeping([a for a in asked if a in some])
        found = list(inside)[:count]
        if limits.latency_ms is not None:
            found = ToHeal(self.space, predicted, limits.latency_ms, keeping, len(limits.bounds) == 1)(inside, count)
        return found or (first or asked)[:1]

    def _ranked(self, front: Front) -> list[Member]:
        """Its members but the largest sub-network, those with the best expected score first."""
        sign, largest = self.task.figure.sign, self.space.largest
        smaller = [m for m in front.members if self.space.architecture(m.architecture) != largest]
        return sorted(smaller, key=lambda member: sign * member.expected_score)

    def heal(
        self,
        front: Front,
        recipe: Asked = None,
        *,
        best: int = 5,
        architectures: Sequence[Mapping[str, Option]] | None = None,
        on_step: OnStep = lambda _: None,
    ) -> Front:
        """Fine-tune the `best` members of a front alone, each by the same recipe, and validate them again: the order of
        sub-networks can turn in it. The front that is written and given back is of them and of the original.

        Each learns from the labels and, where the task says how, from the largest sub-network as the supernet has it.
        One that is worse afterwards, by the search's examples, keeps its inherited weights, which a warning says.
        A killed call goes on where it stood. Another recipe begins with inherited weights again, and what it gives
        replaces an earlier healing, with a warning.

        Args:
            front: of this study's search.
            recipe: how long and how fast, or a part of that by name, such as ``{"epochs": 1}``; for the rest 3 epochs,
                by the study's seed, and by SGD where the network has batch-norm, else by AdamW.
            best: how many, those with the best expected score first.
            architectures: which ones instead, such as `contenders`.
            on_step: told of every step, see `hwnas.training._curve.StepDone`.

        Raises:
            PromiseError: none of them keeps the limits of the search.
            InputError: a recipe that cannot be followed, a training that diverges, or a front with members that were
                tuned outside.
        """
        best = whole("the number of members to heal", best, 1)
        refuse_to_heal(front, self.space.largest)
        original = self.networks.original_of(front)
        network = self.supernet.network(self.space.largest)
        healer = self.networks.healer(usual_recipe(network, recipe, TO_HEAL, seed=self.seed), on_step)
        healer.warn_of_other_ways()
        asked = (
            [member.architecture for member in self._ranked(front)[:best]] if architectures is None else architectures
        )
        healed = [self.space.architecture(architecture) for architecture in asked]
        everyone = [*healed, self.space.largest]
        before = dict(zip((a.key for a in healed), healer.original.figures(healed), strict=True))
        evaluators = {**healer.evaluators(healed), self.space.largest.key: original}
        results = evaluated(evaluators, everyone, self.task)
        if harmed := worse_than(before, results, self.task):
            evaluators |= dict.fromkeys(harmed, healer.original)
            results = evaluated(evaluators, everyone, self.task)
        card, limits = DeviceCard(**front.device), front.search.limits
        table = LatencyTable.read(self.run.table_file(card.id))
        validation = Validation(
            self.run, healer.original, self.task, self.latencies, card, front.search, self.progress, evaluators
        )
        predicted = self.latency_predictor(table, limits.confidence)(self.space.encode_many(everyone))
        members = validation.members(results, predicted, front.timed_beside, limits.columns())
        healing = Healing(
            recipe=healer.recipe.settings,
            distilled=healer.distilled,
            weights=healer.weights,
            before={key: score for key, score in before.items() if key not in harmed},
            harmed=harmed,
        )
        after = front.model_copy(
            update={
                "members": members,
                "search": front.search.model_copy(update={"measured_share": 1.0}),  # as `evaluated` says
                "verdict": validation.verdict_beside(table.verdict),
                "level": validation.level,
                "original": next(m for m in members if m.key == self.space.largest.key),
                "adopted": {self.space.largest.key: original.weights} if original.weights else {},
                "healing": healing,
            }
        )
        if after.said_of_harm is not None:
            warnings.warn(after.said_of_harm, stacklevel=2)
        within = best_within(after, limits, self.task.figure.sign)
        if beyond := said_of_better(after, within, self.task.figure):
            warnings.warn(beyond, stacklevel=2)
        return self._published(within.model_copy(update={"healing": healing.model_copy(update={"beyond": beyond})}))

    def foresee(
        self,
        evaluations: int | None = None,
        limits: Limits | None = None,
        *,
        samples: int = 60,
        finalists: int = 8,
        seconds: float | None = None,
        strategy: str = "surrogate",
        settings: Mapping[str, Option] | None = None,
    ) -> Foreseen:
        """What the search with these arguments would still take; three sub-networks may be evaluated to know it.

        Raises:
            InputError: too few seconds, a strategy or a setting that cannot be used, or a figure that the device does
                not tell.
        """
        limits, how = limits or Limits(), Chosen(strategy, dict(settings or {}))
        how.refuse_unfit(self.space, limits.objectives(self.task.figure), self.seed)
        self.latencies.refuse_untold(self.device.card().device, limits.columns())
        asked = self._asked(evaluations, limits, samples, finalists, seconds)
        evaluator = Evaluator(self.supernet, self.task, self.run.archive)
        runs = how.runs(question_of(limits, self.seed, asked), self._provenance(evaluator))
        table, done = self.latencies.known(samples), 0
        if table is not None:
            archive = self.run.searches(digest(table.model_dump_json()))
            done = sum(len(archive.results(run)) for run in runs.values())
        return self._foreseen(len(runs) * asked - done, table, samples, finalists)

    def _provenance(self, evaluator: Evaluator) -> dict[str, str]:
        """Of every answer of a search."""
        return {"device": self.device.card().id, "code": code_version(), "examples": evaluator.searched}

    def _foreseen(self, evaluations: int, table: LatencyTable | None, samples: int, finalists: int) -> Foreseen:
        evaluator = Evaluator(self.supernet, self.task, self.run.archive)
        return foresee(
            self.space, evaluator, self.preset, table, evaluations=evaluations, samples=samples, finalists=finalists,
            report_images=len(self.task.examples("report")),
        )  # fmt: skip

    def _asked(
        self, evaluations: int | None, limits: Limits, samples: int, finalists: int, seconds: float | None
    ) -> int:
        """How many evaluations each run is begun with; once found for some seconds, the same for ever."""
        if evaluations is not None:
            evaluations = whole("the number of evaluations", evaluations, 1)
        if seconds is None:
            return EVALUATIONS if evaluations is None else evaluations
        seconds = real("the time of a search in seconds", seconds)
        words = (seconds, evaluations, str(limits), samples, finalists, self.preset.name, self.device.card().id)
        name = str(words)
        record = self.run.archive.record(FittingRecord, name)
        if record is None:
            rest = self._foreseen(0, self.latencies.known(samples), samples, finalists)
            record = self.run.archive.settle(name, FittingRecord(evaluations=fitting(seconds, rest, evaluations)))
        return record.evaluations

    def front(self) -> Front:
        """The front of the latest search, or of the latest one for this device; ready to hand models out.

        Raises:
            InputError: there is none, or its file is broken.
        """
        front, own = Front.read(self.run.front_file), self.run.front_of(self.device.card().id)
        if front.device != self.device.card().to_dict() and own.is_file():
            front = Front.read(own)
        return self.bound(front)

    def _end(self, architecture: Architecture, table: LatencyTable, evaluator: Evaluator) -> End:
        latency = table_latencies(table, self.space, [architecture], self.seed)[0]
        return End(score=next(evaluator.figures([architecture])), latency_ms=latency.latency_ms)

    def _published(self, front: Front, *, force: bool = False) -> Front:
        """In its files, as the device's front and the run's latest one, and ready to hand models out."""
        front.write(self.run.front_of(self.device.card().id))
        with self.run.writing(force=force):
            front.write(self.run.front_file)
        return self.bound(front)

    def noted(self, front: Front, notes: Iterable[str]) -> Front:
        """The front of this study with further sentences for its reader, kept so in its files."""
        return self._published(front.model_copy(update={"notes": [*front.notes, *notes]}))

    def bound(self, front: Front) -> Front:
        """A front of this study, ready to hand models out; members may have weights of their own."""
        return front.bind(self.deliver, partial(self.networks.plain, front))

    def adopt(self, member: Pick | Mapping[str, Option], network: nn.Module) -> Front:
        """Take up a sub-network that was tuned outside, on training examples only: it is proved, timed and evaluated as
        the members of the front are, and takes its place among them. A warning says if it is worse than the one that it
        replaces, by the search's examples.

        Args:
            member: which one, as `Front.pick` or its architecture tells.
            network: with the tensors that it has now, as `Pick.module` gave it.

        Raises:
            InputError: there is no front, the network is another one than the member's, or the member is the original.
            PromiseError: the file does not compute what the network computes.
            DeviceError: the device fails, or is too busy for usable figures.
        """
        front = self.front()
        refuse_other_device(front.device, self.device, self.run.folder)
        architecture = self.space.architecture(member.member.architecture if isinstance(member, Pick) else member)
        refuse_to_replace_original(front, architecture)
        key, evaluator = architecture.key, adopt(self.run, self.supernet, self.task, architecture, network)
        table, limits = LatencyTable.read(self.run.table_file(self.device.card().id)), front.search.limits
        validation = Validation(
            self.run, evaluator, self.task, self.latencies, self.device.card(), front.search, self.progress
        )
        predicted = self.latency_predictor(table, limits.confidence)(self.space.encode_many([architecture]))
        results = evaluated({key: evaluator}, [architecture], self.task)
        new = validation.members(results, predicted, front.timed_beside, limits.columns())
        if said := said_of_worse(front, new[0]):
            warnings.warn(said, stacklevel=2)
        members = sorted([*new, *(m for m in front.members if m.key != key)], key=lambda m: m.latency_ms)
        weights = {**front.adopted, key: evaluator.weights}
        return self._published(front.model_copy(update={"members": members, "adopted": weights}))

    def network(self, architecture: Mapping[str, Option]) -> nn.Module:
        """The plain PyTorch network of an architecture, with batch-norm statistics of its own.

        It computes what the model file of that architecture computes, and can be trained further. Members of the
        latest front may have weights of their own, see `heal` and `adopt`; all others inherit the supernet's.

        Raises:
            InputError: the space has no such architecture, or the training data is not there.
        """
        return self.networks.plain(self.front() if self.run.front_file.is_file() else None, architecture)

    # Tell

    def report(self, front: Front, *, force: bool = False) -> Path:
        """Write the page to look at, and its front as a picture of its own.

        Raises:
            InputError: the front is not of this run's search, or a file is in the way that is not the run's, without
                `force`.
        """
        table = LatencyTable.read(self.run.table_file(DeviceCard(**front.device).id))
        archive = self.run.searches(front.search.profile)  # the table may have been made anew since
        limits, runs = front.resolved(front.search.limits), front.search.runs
        search = archive.searches().get(runs[front.search.strategy])
        if search is None:
            raise InputError(f"The front of {self.run.folder} is of a search that is not in its archive; search again.")
        provenance = search.provenance
        both = (self.expectations.rated_latency(table), self.expectations.rated_score(archive, provenance))
        ratings = [rating for rating in both if rating is not None]
        progress = hypervolumes(archive, limits.objectives(self.task.figure), runs)
        story = tell(front, archive, ratings, progress, str(self.run.folder), self.space.count())
        with self.run.writing(front=False, force=force):
            write_front_svg(story, self.run.picture_file)
            return write_page(story, self.run.report_file)

    # 4. Deliver

    def deliver(
        self,
        front: Front,
        path: Path,
        limits: Limits,
        *,
        force: bool = False,
        full_device: bool = False,
        also: Collection[str] = (),
    ) -> Manifest:
        """Hand out the first of `Front.candidates` that keeps `limits`, timed once more now, with its manifest, and
        `also` in other forms, see `hwnas.export.forms`. Where any of them is refused, nothing is written.

        Raises:
            PromiseError: none keeps the limits, or every one that did is too slow when timed again.
            InputError: the front was measured on another device, the path does not end in ``.onnx``, a form is unknown
                or not to be had here, or a file is in the way that hwnas did not write, and `force` does not say to
                replace it.
        """
        limits = front.resolved(limits)
        candidates = front.candidates(limits)
        refuse_other_device(front.device, self.device, self.run.folder)
        if path.suffix != ".onnx":
            raise InputError(f"A model file ends in .onnx, got {path}; name it so.")
        forms = forms_of(also)
        if forms:
            refuse_other_forms(self.space, [self.space.architecture(member.architecture) for member in candidates])
        files = [path, manifests.manifest_path(path), *(place for form in forms for place in form.paths(path))]
        with self.run.outputs(files, force=force), temporary_folder() as aside:
            model = aside / path.name
            delivery = Delivery(front, self.run.folder, self.space, self.task, self.latencies, self.device.card())
            manifest = delivery.first_of(candidates, model, limits, full_device=full_device)
            if forms:
                architecture = self.space.architecture(manifest.architecture)
                network = self.networks.plain(front, architecture)
                for form in forms:
                    write_form(form, self.space, architecture, network, model)
            put_in_place(model, path)
            return manifest


def open_study(
    folder: Path,
    device: Device | str,
    task: str | None = None,
    data: Path | None = None,
    *,
    seed: int = 0,
    preset: str = "normal",
    progress: Progress = silent,
    transfer_from: Sequence[Path] = (),
    space: str | None = None,
    on: str | None = None,
) -> Study:
    """The study of a run's folder; `task` as it was begun with, else as the supernet was trained for.

    Raises:
        InputError: the folder holds no supernet, a name is unknown, or the space, the network or the task is one's own,
            so that `space` or `task` must tell it as ``FILE.py:NAME``.
        DeviceError: the device cannot be opened.
    """
    supernet = own_supernet(folder, space)
    begun = Run(folder).archive.record(RunRecord, "")
    if task is not None:
        opened = open_task(task, data, supernet.space.inputs)
    else:
        opened = stored_task(task_of(supernet) if begun is None else begun.task, data, supernet.space.inputs)
    return Study(
        folder, supernet, opened, device, seed=seed, preset=preset, progress=progress, transfer_from=transfer_from,
        on=on,
    )  # fmt: skip
