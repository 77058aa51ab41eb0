"""One strategy per file; what several are made of is in `hwnas/surrogates/`.

A strategy is added as one file ``hwnas/strategies/<name>.py`` that holds an object ``<name>``: called with a space,
objectives and a seed (and settings by keyword) it gives a `Strategy`. Nothing else is edited, and
``tests/contracts/test_strategies.py`` tests it from then on. There are three ways, from little to much:

* *A surrogate strategy* is `SurrogateSearch` with another part: a generator of candidates, a scorer that learns, or a
  picker of the batch (`hwnas/surrogates/base/seams.py` says what each is handed; the ones there are lie in
  `generators`, `regressors`, `prior` and `pickers` beside it)::

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
