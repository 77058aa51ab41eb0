"""CSV of HAT (Wang et al., "HAT: Hardware-Aware Transformers", ACL 2020): ten figures of an encoder and a decoder, and
the mean and standard deviation of the latency of each, in milliseconds. A network's latency is the sum of both.

The runs behind each mean are not in the file, so no interval can be told.

Four descriptions of a network go with the table, between which a predictor chooses: the ten figures themselves, the
work they imply (layers times widths), the largest parts of that work, and the decoder's depth alone, for a decoder
writes word after word and a graphics card waits for each.
"""

import re
from collections.abc import Mapping, Sequence

from hwnas.contracts.errors import InputError, quoted
from hwnas.formats._figures import figure, option, options_seen, positive
from hwnas.formats._format import Format, Imported, Measured, Wishes
from hwnas.formats._source import Source
from hwnas.formats._tabular import TABULAR

MEANS = ("latency_mean_encoder", "latency_mean_decoder")
STDS = ("latency_std_encoder", "latency_std_decoder")
GROUP = "task_device"  # where several of its files were joined into one
_E, _D = "encoder_layer_num", "decoder_layer_num"
_WIDTH_E, _WIDTH_D = "encoder_embed_dim", "decoder_embed_dim"
_FFN_E, _FFN_D = "encoder_ffn_embed_dim_avg", "decoder_ffn_embed_dim_avg"
_SEEN = "decoder_arbitrary_ende_attn_avg"  # how many of the encoder's layers a decoder's layer looks at
WORK = (
    (_E,), (_E, _WIDTH_E), (_E, _FFN_E), (_E, _WIDTH_E, _FFN_E), (_E, "encoder_self_attention_heads_avg"), (_WIDTH_E,),
    (_D,), (_D, _WIDTH_D), (_D, _FFN_D), (_D, _WIDTH_D, _FFN_D), (_D, "decoder_self_attention_heads_avg"),
    (_D, "decoder_ende_attention_heads_avg"), (_D, _SEEN), (_WIDTH_D,), (_D, _SEEN, _WIDTH_E),
)  # fmt: skip
LARGE = ((_D,), (_D, _WIDTH_D), (_D, _WIDTH_D, _FFN_D), (_D, _SEEN), (_E,), (_E, _WIDTH_E, _FFN_E))


class _Hat(Format):
    def recognises(self, source: Source) -> bool:
        return set(MEANS) <= set(source.columns)

    def tables(self, source: Source) -> list[str]:
        return sorted({record.get(GROUP, "") for record in source.records})

    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:  # noqa: ARG002  the file says everything
        names = [c for c in source.columns if re.match(r"(encoder|decoder)_", c)]
        measured = []
        for i, record in enumerate(source.records):
            if record.get(GROUP, "") == table:
                place = f"Row {i + 1} of {source.path}"
                stds = [_spread(record[name], place) for name in STDS if record.get(name)]
                measured.append(
                    Measured(
                        {name: option(_given(record, name, place)) for name in names},
                        sum(positive(record[name], place) for name in MEANS),
                        sum(std**2 for std in stds) ** 0.5 if len(stds) == len(STDS) else None,
                    )
                )
        choices = options_seen(m.architecture for m in measured)
        return Imported(TABULAR, {"choices": choices, "products": _products(names)}, measured)


def _products(names: Sequence[str]) -> dict[str, list[list[str]]]:
    """The ways to describe a network, as far as the file has the figures."""
    ways = {"numbers": [(name,) for name in names], "work": WORK, "large": LARGE, "depth": ((_D,),)}
    return {way: [list(of) for of in groups if set(of) <= set(names)] for way, groups in ways.items()}


def _given(record: Mapping[str, str], name: str, place: str) -> str:
    if not record[name]:
        raise InputError(f"{place} has nothing in column {quoted(name)}; fill it in, or leave the row out.")
    return record[name]


def _spread(text: str, place: str) -> float:
    number = figure(text)
    if number is None or number < 0:
        raise InputError(
            f"{place} needs a standard deviation of at least 0, got {quoted(text)}; leave it empty, or mend it."
        )
    return number


hat = _Hat()
