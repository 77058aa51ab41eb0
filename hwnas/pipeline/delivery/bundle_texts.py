"""The texts that lie in every bundle."""

RECHECK = '''\
"""Checks the models of this folder again, on this machine: `python recheck.py`, or with --help.

Needs Python 3.10 or newer, numpy and onnxruntime. Exit codes: 0 every promise is kept, 1 one is broken, 2 bad input,
3 the machine cannot say, for it refuses a model or is too busy.
"""

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder / "runner.pyz"))  # an archive of Python files, which any unzip opens

from hwnas.profiling.recheck import main

main(folder)
'''

README = """\
# A network and its promise

| file | what it is |
|---|---|
| `model.onnx`, `model.json` | the network in float32, and its manifest: what was measured, and where |
| `model_int8.onnx`, `model_int8.json` | the same in 8-bit integers, if accurate enough: see `int8` in `model.json` |
| `outputs.npz` | made-up inputs and what the networks answered, to compare with elsewhere |
| `recheck.py`, `runner.pyz` | re-times the networks wherever the folder is copied |

Check it where it matters, with nothing but Python 3.10, numpy and onnxruntime:

    python recheck.py
    python recheck.py --device cpu:threads=2 --max-latency-ms 2 --json

Exit code 0: every promise is kept; 1: one is broken, and a sentence says which; 2: bad input; 3: the machine cannot
say. A promise was made for the device in the manifest; the answer is about the machine it is run on.

Run it. `preprocessing` in the manifest says how raw values become inputs, `(raw * scale - mean) / std` as float32, or
is null where inputs are used as they are; `inputs` gives their names and shapes:

```python
import json
import numpy, onnxruntime

manifest = json.load(open("model.json"))
given, prepare = manifest["inputs"][0], manifest["preprocessing"] or {"scale": 1, "mean": 0, "std": 1}
raw = numpy.zeros((given["batch"] or 1, *given["shape"]))  # yours here
mean, std = (numpy.reshape(prepare[name], (-1, *[1] * (raw.ndim - 2))) for name in ("mean", "std"))  # per channel
x = ((raw * prepare["scale"] - mean) / std).astype(given["dtype"])
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
logits = session.run(None, {given["name"]: x})[0]
```
"""
