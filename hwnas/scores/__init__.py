"""One zero-cost score per file: what an untrained network and one batch of examples tell about it.

A score is added as one file ``hwnas/scores/<name>.py`` that holds a function ``<name>(network, inputs, labels)``: a
freshly built network, a batch of examples and their labels; it gives a float, and more is meant to be better. It leaves
the network as it was, and draws from no random state but its own. ``tests/contracts/test_scores.py`` tests it from then
on.

None of them replaces training: what each is worth on MicroBench, beside the mere number of parameters, is in
``docs/scores.md``. The room knows networks and nothing else of hwnas, so it stands on the first floor.
"""
