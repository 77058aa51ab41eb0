"""One sub-network trained alone: the ground truth that inherited accuracies are compared with."""

from collections.abc import Mapping

from hwnas.contracts.choice import Option
from hwnas.contracts.search_space import SearchSpace
from hwnas.training._seams import Job, Method


def fixed(space: SearchSpace, *, architecture: Mapping[str, Option] | None = None) -> Method:
    """Train `architecture` only; the largest one by default."""
    only = space.largest if architecture is None else space.architecture(architecture)
    return Method("fixed", {"architecture": dict(only)}, lambda _: [Job(only, "fixed")])
