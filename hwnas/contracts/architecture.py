"""One answer to all the knobs of a space."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from hwnas.contracts.choice import Option


class Architecture(Mapping[str, Option]):
    """An immutable, hashable mapping from choice name to option, holding **active** choices only.

    Made by a `SearchSpace`, which leaves out inactive choices; so two architectures that denote the same
    network are equal. ``architecture["depth"]`` raises `KeyError` for an inactive choice,
    ``architecture.get("kernel3")`` gives ``None``.
    """

    __slots__ = ("_genome", "_hash", "_space", "_values")

    def __init__(
        self, values: Mapping[str, Option], *, space: object = None, genome: Sequence[int] | None = None
    ) -> None:
        self._values = dict(values)
        self._hash = hash(frozenset(self._values.items()))
        self._space, self._genome = space, genome

    def genome_in(self, space: object) -> Sequence[int] | None:
        """The canonical genome that `space` decoded it from, so that it need not encode it again; None: another did."""
        return self._genome if self._space is space else None

    def __getitem__(self, name: str) -> Option:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Architecture) and self._values == other._values

    def __repr__(self) -> str:
        return f"Architecture({self.to_json()})"

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits naming this architecture: stable across processes and machines."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """Canonical JSON object: sorted names, no spaces."""
        return json.dumps(self._values, sort_keys=True, separators=(",", ":"))
