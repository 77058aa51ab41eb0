"""What the networks of a space compute, told from their structure and the code of their own classes.

Two spaces may have the same choices and build other networks: a class was edited. What was timed or scored with the one
says nothing of the other. Of classes that are installed (PyTorch's, hwnas's own) the name counts; of all others what
their methods, and the functions and constants these name, were compiled to. Weights do not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hwnas.contracts.code import said, told
from hwnas.contracts.covering import covering
from hwnas.contracts.search_space import SearchSpace
from hwnas.export.architecture import network_of

if TYPE_CHECKING:
    from torch import nn

_MOST_BUILT = 16
_known: WeakKeyDictionary[SearchSpace, str] = WeakKeyDictionary()
_UNREAD = {"training"}  # attributes of every module that say nothing of what it computes


def networks_digest(space: SearchSpace) -> str | None:
    """Twelve hexadecimal digits that are others where a space builds other networks, told from the few that show each
    option of each choice (16 at most, the smallest and the largest among them); None where it builds none.

    Raises:
        InputError: as `network_of`.
    """
    if space.build is None:
        return None
    if space not in _known:
        state = hashlib.sha256()
        for architecture in map(space.decode, covering(space, _MOST_BUILT)):
            for line in _lines(space.lower(architecture, network_of(space, architecture))):
                state.update(line.encode())
        _known[space] = state.hexdigest()[:12]
    return _known[space]


def _lines(network: nn.Module) -> Iterator[str]:
    seen = set[object]()
    for name, module in network.named_modules():
        yield f"{name} {told(type(module), seen)} "
        yield " ".join(
            f"{key}={said(value, seen)}"
            for key, value in sorted(vars(module).items())
            if not key.startswith("_") and key not in _UNREAD
        )
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        yield f"{name} {tensor.dtype} {tuple(tensor.shape)} "
