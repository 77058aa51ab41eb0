"""A session of timing under a name, numbered: what was stored in one that came to nothing is not used again."""

from hwnas.archive import Archive
from hwnas.archive.records import SessionsRecord


class Session:
    """The present session of a kind in an archive.

    Args:
        archive: where its timings are.
        kind: says all that its models and their order depend on.
    """

    def __init__(self, archive: Archive, kind: str) -> None:
        self.archive = archive
        self._kind = kind

    @property
    def name(self) -> str:
        """Under which timings are stored."""
        return f"{self._kind} {self._gone()[0]}"

    def discard(self, because: str | None = None) -> None:
        """Let the next timings begin anew; for one reason, such as a table that no longer holds, once only, so that a
        killed call goes on with what it timed since.
        """
        number, reasons = self._gone()
        if because in reasons:
            return
        reasons = [*reasons, *([because] if because else [])]
        self.archive.put(self._kind, SessionsRecord(sessions=number + 1, reasons=reasons))

    def _gone(self) -> tuple[int, list[str]]:
        """How many sessions came to nothing, and the reasons that were given."""
        record = self.archive.record(SessionsRecord, self._kind)
        return (0, []) if record is None else (record.sessions, record.reasons)
