import pytest

from hwnas.contracts.level import Level

KNOWN = Level(3, 2.0, 1.0, 0.9, 1.2, (0.8, 1.25), virtual_machine=True)


def test_the_errors_of_the_level_and_among_models_add_by_squares() -> None:
    low, high = KNOWN.next_time(2.0, 2.0 / 1.1, 2.0 * 1.1)
    # hypot(log 1.25, log 1.1) = 0.242641, by hand
    assert high == pytest.approx(2.0 * 1.274611, rel=1e-5)
    assert low == pytest.approx(2.0 / 1.274611, rel=1e-5)


def test_an_interval_holds_the_stated_latency_even_where_all_sessions_were_slower() -> None:
    assert Level(9, 9.0, 1.5, 1.5, 1.5, (1.4, 1.6)).next_time(1.0, 0.99, 1.01)[0] == 1.0


def test_a_budget_is_kept_at_the_slowest_speed_remembered_and_never_below_what_is_stated() -> None:
    assert KNOWN.at_slowest_ms(2.0) == pytest.approx(2.4)
    assert Level(2, 1.0, 0.8, 0.8, 0.9, (0.7, 1.0)).at_slowest_ms(2.0) == 2.0


def test_restating_latencies_moves_every_factor() -> None:
    assert KNOWN.restated(2.0) == Level(3, 2.0, 0.5, 0.45, 0.6, (0.4, 0.625), virtual_machine=True)
    assert Level().restated(0.5) == Level(latest=2.0, fastest=2.0, slowest=2.0)


def test_the_words_say_how_many_sessions_over_how_long_on_what_machine() -> None:
    assert KNOWN.words() == (
        "Level: in 3 sessions over 2.0 h this virtual machine ran at 0.900 to 1.200 times the stated latencies, in the "
        "latest at 1.000; the next session is expected at 0.800 to 1.250 times (95 %)."
    )


@pytest.mark.parametrize("wrong", [{"sessions": 0}, {"fastest": 1.1}, {"latest": 0.0}, {"next_session": (1.1, 0.9)}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="positive and in order"):
        Level(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("latest", "at"),
    [(1.1, ", which ran at 1.100 times the stated latencies"), (1.0, ""), (0.9, ", which ran at 0.900")],
)
def test_after_one_session_nothing_is_known_of_the_next_and_its_own_speed_is_said(latest: float, at: str) -> None:
    words = Level(latest=latest, fastest=latest, slowest=latest).words()
    assert words.startswith("Level: how the speed of this device changes between sessions is unknown")
    assert f"one session is remembered of it{at}" in words
    assert words.endswith(".")


def test_without_a_known_level_an_interval_stays_as_it_was_and_the_last_session_is_to_be_expected() -> None:
    assert Level(latest=1.1, fastest=1.1, slowest=1.1).next_time(2.0, 1.9, 2.2) == (1.9, 2.2)
    assert Level(latest=1.1, fastest=1.1, slowest=1.1).center == 1.1
    assert KNOWN.center == pytest.approx(1.0)  # the middle of 0.8 and 1.25, by their logarithms


def test_an_interval_holds_the_stated_latency_even_where_all_sessions_were_faster() -> None:
    faster = Level(9, 9.0, 0.5, 0.5, 0.5, (0.4, 0.6))
    assert faster.next_time(1.0, 0.99, 1.01)[1] == 1.0


def test_an_interval_from_nothing_on_still_begins_there() -> None:
    assert KNOWN.next_time(2.0, 0.0, 2.2)[0] == 0.0


def test_a_level_of_which_nothing_is_said_is_that_of_one_session_at_the_stated_speed() -> None:
    nothing = Level()
    assert (nothing.sessions, nothing.hours, nothing.beside_others) == (1, 0.0, False)
    assert (nothing.latest, nothing.fastest, nothing.slowest) == (1.0, 1.0, 1.0)
    assert (nothing.next_session, nothing.virtual_machine) == (None, None)
