"""The strategy of a study's search: any of `hwnas/strategies/` without cheaper looks, with settings of its own."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hwnas.archive import Archive
from hwnas.archive.provenance import digest
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import maker, settings_of, usable
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import BEGINNINGS, EXAMPLES, FIDELITIES
from hwnas.contracts.task import Task
from hwnas.searches.search import open_strategy

BASELINE = "random"


@dataclass(frozen=True)
class Chosen:
    """A strategy by name, and those of its settings that are not its defaults."""

    strategy: str = "surrogate"
    settings: Mapping[str, Option] = field(default_factory=dict)

    def refuse_unfit(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        """Before anything is measured.

        Raises:
            InputError: there is no such strategy or setting, or it is made for evaluations that can stop early.
        """
        if self.takes(FIDELITIES):
            others = ", ".join(name for name in usable("strategies") if not Chosen(name).takes(FIDELITIES))
            raise InputError(
                f"Strategy {quoted(self.strategy)} looks at architectures cheaply first, but the score of a "
                f"sub-network has no cheaper look here; choose one of {others}."
            )
        for name, value in self.settings.items():
            usual = parameter.default if (parameter := self._parameters().get(name)) else None
            kinds = {bool: bool, int: int, float: int | float, str: str}.get(type(usual))
            if kinds and (not isinstance(value, kinds) or isinstance(value, bool) != isinstance(usual, bool)):
                raise InputError(
                    f"Setting {quoted(name)} of strategy {quoted(self.strategy)} is usually {quoted(usual)}, got "
                    f"{quoted(value)}; give another {type(usual).__name__}."
                )
        # Scores may look at examples, which the search hands out later.
        blank = {EXAMPLES: (np.zeros(0), np.zeros(0))} if self.takes(EXAMPLES) else {}
        open_strategy(self.strategy, space, objectives, seed=seed, **self.settings, **blank)

    def refuse_task(self, task: Task) -> None:
        """Before anything is measured, too.

        Raises:
            InputError: the strategy looks at labels as classes, and the task's are none.
        """
        if self.takes(EXAMPLES) and not task.learns_labels:
            raise InputError(
                f"Strategy {quoted(self.strategy)} scores untrained networks by the classes of labels, and task "
                f"{quoted(task.name)} has a loss of its own; choose another strategy."
            )

    def takes(self, setting: str) -> bool:
        """Whether the strategy has a setting of that name."""
        return setting in self._parameters()

    def within(self, evaluations: int) -> dict[str, object]:
        """The settings, with a random beginning that leaves three quarters of a small budget to what is learnt."""
        most, parameters = max(12, evaluations // 4), self._parameters()
        begins = {
            name: most
            for name in BEGINNINGS
            if name in parameters and isinstance(default := parameters[name].default, int) and default > most
        }
        return {**begins, **self.settings}

    def runs(self, question: str, provenance: Mapping[str, str]) -> dict[str, str]:
        """Names of the runs of a search, by strategy: its own, and the baseline's, which may be the same.

        Where answers come from another device or code, both begin anew.
        """
        rest = f"{question}-{digest(json.dumps(dict(provenance), sort_keys=True))}"
        own = f"{self.strategy}-{rest}"
        if self.settings:
            own += f"-{digest(json.dumps(dict(self.settings), sort_keys=True))}"
        return {self.strategy: own, BASELINE: f"{BASELINE}-{rest}"}

    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return settings_of(maker("strategies", self.strategy))


def refuse_other_unfinished(archive: Archive, runs: Mapping[str, str], question: str, asked: int) -> None:
    """A search that was cut short is gone on with, and not left for another strategy by a forgotten option.

    Raises:
        InputError: one is.
    """
    if any(len(archive.results(run)) >= asked for name, run in runs.items() if name != BASELINE):
        return  # nothing is begun
    for run, record in archive.searches("search").items():
        if run in runs.values() or record.question != question:
            continue
        done = len(archive.results(run))
        if done < asked and archive.ended(run) is None:
            raise InputError(
                f"A search with strategy {quoted(record.strategy)} was cut short here after {done} of {asked} "
                "evaluations; go on with it and the same settings, or begin another with another seed."
            )
