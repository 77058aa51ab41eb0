"""The best members of a front, fine-tuned alone and equally long, to be validated again and chosen from.

Before such healing the order of sub-networks says little of the order after it, so several are healed, not the first.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

from hwnas.archive import Archive
from hwnas.archive.provenance import digest
from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import LATENCY, Figure
from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import shown, told_apart
from hwnas.contracts.task import Task
from hwnas.contracts.trial import Result, Trial
from hwnas.evaluation.evaluator import Evaluator
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.expected import ERROR, MEASURED
from hwnas.evaluation.figure import chance_variance, figure_of
from hwnas.pipeline.delivery.for_integers import for_integers
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.spaces._bits import recovery_of
from hwnas.supernet import Supernet
from hwnas.training._answers import Answers
from hwnas.training._curve import OnStep, StepDone
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training._record import lessons_digest

HEALING, ANSWERS = "fine-tuning alone", "answers of the original"


class Healer:
    """Sub-networks with weights of their own, in folders of a run.

    Args:
        run: of the study.
        supernet: what they start from; its largest sub-network teaches them, where the task says how.
        task: what they learn; others of its examples or another loss make other networks.
        recipe: how long and how fast each learns.
        progress: told of every step.
        on_step: told of every step of a training, more closely.
    """

    def __init__(
        self,
        run: Run,
        supernet: Supernet,
        task: Task,
        recipe: Recipe,
        progress: Progress,
        on_step: OnStep = lambda _: None,
    ) -> None:
        self.supernet, self.task, self.recipe, self.progress = supernet, task, recipe, progress
        self.original = Evaluator(supernet, task, run.archive)
        self._on_step = on_step
        self._teacher = self.original.network(supernet.space.largest).requires_grad_(requires_grad=False)
        self.distilled = can_distil(task, self._teacher)
        lessons = lessons_digest(task, examples_of(task, "train"))
        told = f"{recipe.settings} {recipe.own_parts} {self.distilled} {lessons}"
        self._for_integers = recovery_of(supernet.space) == "qat"
        told += " for integers" if self._for_integers else ""
        self._folder = run.folder / "healed" / digest(told)
        self.weights = self._folder.name

    def warn_of_other_ways(self) -> None:
        """Say what becomes of an earlier healing of the run, where this is the first in its way."""
        if self._folder.parent.is_dir() and not self._folder.is_dir():
            warnings.warn(
                "This run was healed before, by another recipe or from other examples; the new healing replaces that "
                "and begins with inherited weights again, not with healed ones. For more of it, heal once and longer.",
                stacklevel=3,
            )

    def evaluators(self, architectures: Sequence[Architecture]) -> dict[str, Evaluator]:
        """Of each healed sub-network by its key; those are trained that were not.

        Raises:
            InputError: a training diverges.
        """
        teacher = self._teaching(len(architectures))
        return {a.key: self._evaluator(a, teacher, i, len(architectures)) for i, a in enumerate(architectures)}

    def _teaching(self, count: int) -> nn.Module | Answers | None:
        """What teaches `count` sub-networks: the original, or its answers where an example always has the same one, all
        can be kept, and each is wanted.
        """
        examples, recipe = examples_of(self.task, "train"), self.recipe
        if not self.distilled:
            return None
        answers = Answers(self._teacher, examples, recipe.batch_size, partial(self.progress, ANSWERS))
        seen = recipe.epochs * len(examples) if recipe.passes is None else recipe.passes * recipe.batch_size
        wanted = not self.task.augments and count * seen >= len(examples)
        return answers if wanted and answers.fit() else self._teacher

    def _evaluator(
        self, architecture: Architecture, teacher: nn.Module | Answers | None, number: int, of: int
    ) -> Evaluator:
        before, folder = self.supernet, self._folder / architecture.key
        shared = {name: tensor.detach().clone() for name, tensor in before.shared.items()}
        supernet = Supernet(before.space, before.sharing, shared, before.buffers, before.layout)
        trained = for_integers(supernet, architecture, self.original) if self._for_integers else supernet
        method = healing(trained.space, architecture, teacher)
        trainer = Trainer(trained, self.task, method, self.recipe, folder)

        def tell(done: StepDone) -> None:
            self.progress(HEALING, number * done.of + done.step, of * done.of)
            self._on_step(done)

        trainer.run(tell)
        if trained is not supernet:
            supernet.adopt(trained.shared)
            supernet.record = trained.record
        supernet.record["began_as"] = {name: value for name, value in before.record.items() if name != "curve"}
        return Evaluator(supernet, self.task, Archive(folder / "study.db"), self.weights)


def can_distil(task: Task, network: nn.Module) -> bool:
    """Whether the task says how one network learns from the output of `network`."""
    few = examples_of(task, "train").take(slice(0, 2))
    with torch.no_grad():
        output = answer_of(network(*map(torch.from_numpy, few.inputs)))
    try:
        task.distil(output, output)
    except InputError:
        return False
    return True


def evaluated(evaluators: Mapping[str, Evaluator], architectures: Sequence[Architecture], task: Task) -> list[Result]:
    """What each is worth on the search's examples, alike in its expected and its measured score: after healing, no
    predictor knows more than the measurement.

    Args:
        evaluators: of each, by its key.
        architectures: whose results they are.
        task: says what scores come to.
    """
    scores = [evaluators[a.key].scores(a) for a in architectures]
    error = float(np.sqrt(chance_variance(task, scores)))
    return [
        Result(Trial(a), {task.figure.name: worth, MEASURED: worth, ERROR: error})
        for a, worth in zip(architectures, (figure_of(task, of_one) for of_one in scores), strict=True)
    ]


def worse_than(before: Mapping[str, float], after: Sequence[Result], task: Task) -> list[str]:
    """Keys of those that are worse on the search's examples than they were, or of no worth any more."""
    name, sign = task.figure.name, task.figure.sign
    worth = {result.trial.architecture.key: result.figures[name] for result in after}
    return [key for key, score in before.items() if not sign * worth[key] <= sign * score]


def said_of_worse(front: Front, tuned: Member) -> str | None:
    """Of a sub-network that was tuned outside and is worse than the member of a front that it replaces, a sentence."""
    figure = front.figure.objective
    replaced = next((m for m in front.members if m.key == tuned.key), None)
    if replaced is None or figure.sign * tuned.search_score <= figure.sign * replaced.search_score:
        return None
    now, before = told_apart(figure, tuned.search_score, replaced.search_score)
    return (
        f"Sub-network {tuned.key} is worse than the one that it replaces, by the examples that are searched by: "
        f"{figure.name} {now}, not {before}; tune it longer or at a lower rate, or adopt the earlier one again."
    )


def best_within(front: Front, limits: Limits, sign: float) -> Front:
    """Of the members that keep the limits those that are best, see `undominated`: one that misses a limit stands for
    none that keeps all.

    Raises:
        PromiseError: none keeps them.
    """
    within = front.within(limits)
    return within.model_copy(update={"members": undominated(within.members, sign, limits.sought)})


def said_of_better(healed: Front, within: Front, figure: Objective) -> str:
    """Of those that were fine-tuned, are better than all that keep the limits and miss one; empty where none is."""
    keys = healed.healing.before if healed.healing else {}
    best = min(within.members, key=lambda m: figure.sign * m.expected_score)
    worth = figure.sign * best.expected_score
    missed = [
        m for m in healed.members
        if m.key in keys and figure.sign * m.expected_score < worth and not m.equals(best)
    ]  # fmt: skip
    if not missed:
        return ""
    one = min(missed, key=lambda m: figure.sign * m.expected_score)
    return (
        f"Fine-tuned and better than what keeps every limit for certain, but missing one: {len(missed)}. The best, "
        f"{one.key}, has {figure.name} {shown(figure, one.score)} at {one.latency_ms:.4g} ms, {one.limited_ms:.4g} ms "
        "at the most; a looser limit hands it out."
    )


def undominated(members: Sequence[Member], sign: float, figures: Sequence[Figure] = (LATENCY,)) -> list[Member]:
    """Those than which no other is both better and as good in all `figures`, as far as both are known; `sign` -1 where
    more of the score is better.
    """

    def as_good(one: Member, other: Member) -> bool:
        mine, its = ({**m.limited, LATENCY.name: m.latency_ms} for m in (one, other))
        return all(f.keeps(mine[f.name], its[f.name]) for f in figures if f.name in mine and f.name in its)

    return [
        m
        for m in members
        if not any(sign * o.expected_score < sign * m.expected_score and as_good(o, m) for o in members)
    ]
