"""Trained networks of `_peer_subjects` made elastic, with as much of their data as a search is to see."""

from collections.abc import Mapping
from pathlib import Path

import torch
from _peer_setting import Setting, trained
from _peer_subjects import SUBJECTS

import hwnas
from hwnas.contracts.task import Rows, Split, Task

RANKED_ON = 1024  # examples that tell which entries smaller sub-networks keep


class Cut(Task):
    """A classification with at most so many examples of each split.

    Args:
        whole: the task.
        most: by split; all of one that is not named.
    """

    def __init__(self, whole: Task, most: Mapping[Split, int]) -> None:
        self.whole, self.most = whole, most
        self.name, self.classes, self.inputs = whole.name, whole.classes, whole.inputs
        self.preprocessing, self.provenance = whole.preprocessing, whole.provenance

    def examples(self, split: Split) -> Rows:
        """The first ones."""
        return self.whole.examples(split).take(slice(0, self.most.get(split)))


def elastic_subject(folder: Path, name: str) -> tuple[hwnas.Supernet, Task]:
    """The supernet, whose smaller sub-networks are not trained, and the task; the original is trained in `folder` where
    it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subject = SUBJECTS[name]
    packages = folder / "packages"
    task = subject.task(packages, subject.examples)
    setting = Setting(folder, subject, task, subject.network(packages), subject.healing)
    network = trained(setting)
    inputs, labels = setting.examples(RANKED_ON)
    batches = [(*(x[rows] for x in inputs), labels[rows]) for rows in torch.arange(len(labels)).split(64)]
    return hwnas.elastic(network, tuple(x[:2] for x in inputs), importance="activation", batches=batches), task
