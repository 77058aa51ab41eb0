"""A run of a trained network of one's own, made elastic and searched as it is, with bits as choices or without."""

from pathlib import Path

import torch
from _peer_setting import Setting, trained
from _peer_subjects import SUBJECTS

import hwnas
from hwnas.contracts.task import Task

DEVICE, EVALUATIONS, FINALISTS, RANKED_ON = "cpu:threads=1", 40, 16, 1024
JUDGED_ON = 1000  # search and report examples: what is promised here is a latency


def own_cnn_run(folder: Path, bits: str | None = None) -> hwnas.Study:
    """The study, searched, to hand out from its front; what is done of it is not done again.

    Args:
        folder: of everything that is made for it.
        bits: what they are chosen for, as of `Study.with_bits`; None: all is in float32.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subject = SUBJECTS["own_cnn"]
    task = _smaller(subject.task(folder, subject.examples))
    setting = Setting(folder, subject, task, subject.network(folder), subject.healing)
    network = trained(setting)
    inputs, labels = setting.examples(RANKED_ON)
    batches = [(*(x[rows] for x in inputs), labels[rows]) for rows in torch.arange(RANKED_ON).split(64)]
    supernet = hwnas.elastic(network, tuple(x[:2] for x in inputs), importance="activation", batches=batches)
    study = hwnas.Study(folder / "run", supernet, task, DEVICE)
    if bits is not None:
        study = study.with_bits(bits)
    if not study.run.front_file.exists():
        study.search(EVALUATIONS, finalists=FINALISTS)
    return study


def _smaller(task: Task) -> Task:
    train = task.examples("train")
    search, report = (task.examples(split).take(slice(0, JUDGED_ON)) for split in ("search", "report"))
    parts = ((rows.inputs[0], rows.labels) for rows in (train, search, report))
    return hwnas.task(next(parts), search=next(parts), report=next(parts), name=task.name)
