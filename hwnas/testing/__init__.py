"""Contract suites: what every space, strategy, predictor and so on must keep, as tests that pytest runs.

In a package that plugs in a strategy ``mine``, one line of a test file runs every check of strategies on it::

    from hwnas.testing import contract
    TestMine = contract("strategies", "mine")

It works alike for every kind that is found by name. The suites need pytest and hypothesis: ``pip install
'hwnas[testing]'``. What hwnas itself has is tested by the very same ones.
"""

from hwnas.testing._suite import contract, suite

__all__ = ["contract", "suite"]
