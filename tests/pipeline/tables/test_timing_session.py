"""Sessions are numbered: what came to nothing is not used again, and one reason counts once."""

from hwnas.archive import Archive
from hwnas.pipeline.tables.timing_session import Session


def test_a_session_that_came_to_nothing_is_followed_by_another_one() -> None:
    with Archive(":memory:") as archive:
        session = Session(archive, "profile")
        assert session.name == "profile 0"
        session.discard()
        assert (session.name, Session(archive, "profile").name) == ("profile 1", "profile 1")
        session.discard()
        assert session.name == "profile 2"
        assert Session(archive, "more").name == "more 0"


def test_one_reason_discards_one_session_only() -> None:
    with Archive(":memory:") as archive:
        session = Session(archive, "profile")
        for _ in range(2):
            session.discard("the table of yesterday drifted")
        assert session.name == "profile 1"
        session.discard("that of today did")
        session.discard("the table of yesterday drifted")
        assert session.name == "profile 2"
