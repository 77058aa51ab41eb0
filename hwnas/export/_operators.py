"""The whole table: importing the files that fill it."""

from hwnas.export import (
    _table_activations,
    _table_arithmetic,
    _table_attention,
    _table_batch_norm,
    _table_conv_transpose,
    _table_heads,
    _table_index,
    _table_joining,
    _table_masks,
    _table_norms,
    _table_pooling,
    _table_recurrent,
    _table_reductions,
    _table_resizing,
    _table_shapes,
    _table_weights,
)
from hwnas.export._table import ANY_TYPE, FUNCTIONS, MODULES, NOT_WRITTEN, ONE_ROW

__all__ = ["ANY_TYPE", "FUNCTIONS", "MODULES", "NOT_WRITTEN", "ONE_ROW"]
_FILLED_BY = (
    _table_activations, _table_arithmetic, _table_attention, _table_batch_norm, _table_conv_transpose, _table_heads,
    _table_index, _table_joining, _table_masks, _table_norms, _table_pooling, _table_recurrent, _table_reductions,
    _table_resizing, _table_shapes, _table_weights,
)  # fmt: skip
