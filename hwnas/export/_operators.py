"""The whole table: importing the files that fill it."""

from hwnas.export import _table_activations, _table_arithmetic, _table_pooling, _table_shapes, _table_weights
from hwnas.export._table import FUNCTIONS, MODULES, Call, Unsupported, Value

__all__ = ["FUNCTIONS", "MODULES", "Call", "Unsupported", "Value"]
_FILLED_BY = (_table_activations, _table_arithmetic, _table_pooling, _table_shapes, _table_weights)
