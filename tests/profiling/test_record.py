"""A latency table says what was timed, how, and what else is known of each row."""

from datetime import datetime

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Facts
from hwnas.profiling.estimate import Latency
from hwnas.profiling.presets import find_preset
from hwnas.profiling.record import make_table
from hwnas.profiling.stopwatch import Profile
from hwnas.profiling.verdict import Canary, Verdict
from tests.profiling.simulated import CARD
from tests.profiling.test_verdict import CALM

PROFILE = Profile(
    (Latency(0, 2.0, 1.9, 2.2, 5, 50, 0.01), Latency(1, 4.0, 3.9, 4.1, 6, 60, 0.01)),
    CALM,
    (Canary(1, 4.0, 4.1, 4.2, 0.02, 0.03),),
    Verdict("noisy", "Stop other work."),
    0.25,
)
GENOMES = np.array([[0], [2]])


def space(*, costs: bool) -> SearchSpace:
    closed_form = (lambda genomes: {"macs": 10.0 * (1 + genomes[:, 0])}) if costs else None
    return SearchSpace([Choice("n", (1, 2, 3))], name="counted", costs=closed_form)


def test_every_row_has_its_architecture_latency_interval_and_costs() -> None:
    where = space(costs=True)
    table = make_table(
        where, GENOMES, PROFILE, CARD, reference=where.middle, preset=find_preset("rapid"), seed=3, level=Level(2)
    )
    assert [dict(row.architecture) for row in table.rows] == [{"n": 1}, {"n": 3}]
    assert [(row.latency_ms, row.latency_ms_interval, row.rounds) for row in table.rows] == [
        (2.0, (1.9, 2.2), 5),
        (4.0, (3.9, 4.1), 6),
    ]
    assert [row.macs for row in table.rows] == [10.0, 30.0]
    assert [row.p95_ms for row in table.rows] == [None, None]
    said = table.protocol
    assert (said.preset, said.seed, said.others_busy, said.baseline_share) == ("rapid", 3, 0.25, 0.95)
    assert (dict(said.reference), said.level) == ({"n": 2}, Level(2))
    assert (table.verdict.state, table.verdict.advice) == ("noisy", "Stop other work.")
    (canary,) = table.canaries
    assert (dict(canary.architecture), canary.start_ms, canary.end_ms, canary.raw_drift) == ({"n": 3}, 4.0, 4.2, 0.03)
    assert datetime.fromisoformat(table.created).tzinfo is not None


def test_percentiles_are_multiples_of_the_latency() -> None:
    where = space(costs=False)
    told = {"load_ms": 6.0, "peak_memory_bytes": 2**21, "p95_ms": 1.25, "p99_ms": 1.75}
    facts = [Facts(1000, {"load_ms": 5.0}), Facts(2000, told)]
    table = make_table(
        where, GENOMES, PROFILE, CARD, reference=where.middle, preset=find_preset("rapid"), seed=0, facts=facts
    )
    second = table.rows[1]
    assert (second.p50_ms, second.p95_ms, second.p99_ms) == pytest.approx((4.0, 5.0, 7.0))
    assert (second.peak_memory_bytes, second.load_ms, second.file_bytes) == (2**21, 6.0, 2000)
    assert second.macs is None
    assert table.protocol.level == Level()
