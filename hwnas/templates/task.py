"""What networks are to learn, and how good they are: replace the data by yours.

hwnas train mobilenetv3:input_shape=3x32x32,classes=4 --task task.py:task -o runs/mine
"""

import numpy as np

import hwnas

CLASSES = 4


def examples(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images `(count, 3, 32, 32)` as float32, channels first, and labels `(count,)` from 0.

    A torch data set, a loader, rows of a Hugging Face data set or the path of a folder of images by class will do in
    place of the two arrays; what does not fit into memory is read in batches.
    """
    labels = np.arange(count) % CLASSES
    noise = np.random.default_rng(seed).normal(size=(count, 3, 32, 32))
    return (noise + labels[:, None, None, None]).astype(np.float32), labels


def task() -> hwnas.Task:
    """Three parts that share no example: to learn from, to choose by, and to report on what neither saw.

    Leave `search` and `report` out, and they are cut from the training examples. It is a classification by its
    accuracy; `figure="mean_absolute_error"`, `"mean_iou"`, `"perplexity"` and others say otherwise, and an
    `hwnas.Objective` with a `loss`, a `score` and perhaps a `summary` of yours says anything else.
    """
    return hwnas.task(
        examples(400, seed=0),
        search=examples(200, seed=1),
        report=examples(200, seed=2),
        # preprocessing=Preprocessing(1 / 255, mean, std),  # of raw values; it goes into the manifest
        # augment=lambda inputs, seed: inputs,  # random changes of training inputs
        name="task",
        provenance={"data": "made up"},
    )
