"""Whether a network is written in words of the table alone, and answers as PyTorch does."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export.writer import example, listed


def written_by_table(
    network: nn.Module, inputs: Sequence[InputSpec], *, batches: Sequence[int] = (1, 5)
) -> Sequence[str]:
    """The operators of its file, once it answered alike: for two examples, and for other numbers with an open batch."""
    for dynamic_batch in (False, True):
        model = listed(network.eval(), inputs, dynamic_batch=dynamic_batch, batch=2)[1]
        onnx.checker.check_model(model, full_check=True)
        session = ort.InferenceSession(model.SerializeToString())
        for n in batches if dynamic_batch else (2,):
            given = [example(spec, n) for spec in inputs]
            names = [x.name for x in session.get_inputs()]
            (got,) = session.run(None, dict(zip(names, (x.numpy() for x in given), strict=True)))
            with torch.no_grad():
                wanted = network(*given).numpy()
            np.testing.assert_allclose(got, wanted, atol=1e-5 * max(1.0, float(np.abs(wanted).max())), rtol=0)
    return [node.op_type for node in model.graph.node]
