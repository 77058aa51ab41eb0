"""A run of a trained network of one's own, made elastic and searched as it is, with bits as choices or without."""

from pathlib import Path

from _elastic_subject import Cut, elastic_subject

import hwnas

DEVICE, EVALUATIONS, FINALISTS = "cpu:threads=1", 40, 16
JUDGED_ON = 1000  # search and report examples: what is promised here is a latency


def own_cnn_run(folder: Path, bits: str | None = None) -> hwnas.Study:
    """The study, searched, to hand out from its front; what is done of it is not done again.

    Args:
        folder: of everything that is made for it.
        bits: what they are chosen for, as of `Study.with_bits`; None: all is in float32.
    """
    supernet, task = elastic_subject(folder, "own_cnn")
    study = hwnas.Study(folder / "run", supernet, Cut(task, {"search": JUDGED_ON, "report": JUDGED_ON}), DEVICE)
    if bits is not None:
        study = study.with_bits(bits)
    if not study.run.front_file.exists():
        study.search(EVALUATIONS, finalists=FINALISTS)
    return study
