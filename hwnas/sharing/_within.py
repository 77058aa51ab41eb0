"""Schemes around another scheme."""

from collections.abc import Mapping

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import SharingScheme
from hwnas.sharing._named import named_sharing


class SharingWithin(SharingScheme):
    """A scheme that leaves sharing itself to another one.

    Args:
        space: whose networks share.
        of: the scheme within.
        settings: of that scheme; None: its defaults.
        own: settings of this one.
    """

    def __init__(
        self, space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None, **own: object
    ) -> None:
        super().__init__(space, **own, of=of, settings=dict(settings or {}))
        self._within = named_sharing(of, space, settings or {})
