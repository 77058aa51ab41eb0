"""Your own folder of images by class, as a task by name: ``--task images:FOLDER``, or ``images:FOLDER:3x96x96``.

``FOLDER/class/image.jpg``, of which parts are cut to choose by and to report on; or ``FOLDER/train/class/image.jpg``
beside ``val`` and ``test``. Classes are the names of the folders in their order. Reading needs Pillow
(``pip install 'hwnas[images]'``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.places import expanded
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Task
from hwnas.tasks._given import task


def images(folder: str | Path | None = None, inputs: Sequence[InputSpec] | None = None) -> Task:
    """The task, as it is found by name.

    Args:
        folder: of the images; a size may stand behind it.
        inputs: what the network takes, to which images are made where no size is told; None: 3x224x224, as a warning
            says.

    Raises:
        InputError: no folder is told, or it is not understood.
    """
    if folder is None:
        raise InputError("Which folder of images? Say it as --task images:FOLDER, in Python as hwnas.task(FOLDER).")
    place, _, size = str(folder).rpartition(":")
    if place and re.fullmatch(r"\d+(x\d+)?", size) and not expanded(folder).exists():
        raise InputError(
            f"The size of images is channels, height and width, got {size}; say {quoted(f'{place}:3x96x96')}."
        )
    if not place or not re.fullmatch(r"\d+x\d+x\d+", size):
        place, shape = str(folder), inputs[0].shape if inputs else None
    else:
        shape = tuple(map(int, size.split("x")))
    return task(place, inputs=None if shape is None else [InputSpec("images", shape)], name="images")
