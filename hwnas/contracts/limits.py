"""How much of anything from outside is read: beyond it the answer is one sentence, not a machine without memory.

Each is many times what files of their kind hold, so whoever meets one has another file than they think.
"""

MOST_BYTES = 2**27  # of a table, a card or a front, unpacked; published tables have a few million
MOST_DATA_BYTES = 2**32  # of a task's images or labels, unpacked
MOST_COLUMNS = 4096  # of a CSV
MOST_FIELD = 100_000  # characters of one field of a CSV; Python's reader ends at 131,072
MOST_LEVELS = 50  # of lists within lists
MOST_VALUES = 5_000_000  # of a YAML, aliases written out
MOST_DIGITS = 300  # of a number; what is longer is no float
MOST_INPUT_VALUES = 2**28  # of one example: 1 GiB as float32
MOST_SHARED_VALUES = 2**33  # of all shared tensors of a supernet: 32 GiB as float32

# How strictly pydantic reads a dataclass that stands in a document: as `hwnas.contracts.document` reads the rest.
STRICT_FIELDS: dict[str, object] = {"strict": True, "extra": "forbid", "allow_inf_nan": False}
