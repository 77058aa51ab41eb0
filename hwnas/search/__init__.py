"""One strategy per file; operators and front quality beside them. The room itself can be called: `hwnas.search(...)`.

A strategy is added as one file ``hwnas/search/<name>.py`` that holds an object ``<name>``: called with a space,
objectives and a seed (and settings by keyword) it gives a `Strategy`. Nothing else is edited, and
``tests/contracts/test_strategies.py`` tests it from then on. There are three ways, from little to much:

* *A surrogate strategy* is `SurrogateSearch` with another part: a generator of candidates, a scorer that learns, or a
  picker of the batch (`_seams` says what each is handed; `_generating`, `_scoring`, `_ridge` and `_picking` hold the
  ones there are)::

      def weaknas(space, objectives, seed, *, initial=10):
          return SurrogateSearch(
              space, objectives, seed, initial=initial, generator=RandomPool(), picker=BestPredicted(100)
          )

* *Any other* subclasses `Proposer` and fills in ``_propose(n, rng)``: genomes, best first. Memory, canonical form,
  never twice, filling up at random and resuming are the base class's; draw from ``rng`` only, and compute what is
  needed anew from ``self.history``.
* *With fidelities of its own*: implement `Strategy` and put a fidelity into the trials. `ask` and `tell` must be a pure
  function of the seed and of what was told.
"""

import sys
from types import ModuleType
from typing import Any

from hwnas.search._front import SearchFront


class _Room(ModuleType):
    """`hwnas.search` is this package and the function people call; both names are right, so it is both."""

    def __call__(self, *args: Any, **settings: Any) -> SearchFront:  # noqa: ANN401  said by what it hands on to
        """See `hwnas.search._engine.run`."""
        from hwnas.search._engine import run

        return run(*args, **settings)


sys.modules[__name__].__class__ = _Room
