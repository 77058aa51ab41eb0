"""Every result ever obtained, in one SQLite file; the only writer of run data, and the only place that knows
dominance.
"""

from hwnas.archive._archive import Archive
from hwnas.archive._dominance import front_of, non_dominated, violation
from hwnas.archive._lock import only_one
from hwnas.archive._merged import merged

__all__ = ["Archive", "front_of", "merged", "non_dominated", "only_one", "violation"]
