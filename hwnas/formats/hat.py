"""CSV of HAT (Wang et al., "HAT: Hardware-Aware Transformers", ACL 2020): ten figures of an encoder and a decoder, and
the mean and standard deviation of the latency of each, in milliseconds. A network's latency is the sum of both.

The runs behind each mean are not in the file, so no interval can be told.
"""

import re

from hwnas.formats._figures import option, options_seen, positive
from hwnas.formats._format import Format, Imported, Measured, Wishes
from hwnas.formats._source import Source
from hwnas.formats._tabular import TABULAR

MEANS = ("latency_mean_encoder", "latency_mean_decoder")
STDS = ("latency_std_encoder", "latency_std_decoder")
GROUP = "task_device"  # where several of its files were joined into one


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
                stds = [float(record[name]) for name in STDS if record.get(name)]
                measured.append(
                    Measured(
                        {name: option(record[name]) for name in names},
                        sum(positive(record[name], place) for name in MEANS),
                        sum(std**2 for std in stds) ** 0.5 if len(stds) == len(STDS) else None,
                    )
                )
        return Imported(TABULAR, {"choices": options_seen(m.architecture for m in measured)}, measured)


hat = _Hat()
