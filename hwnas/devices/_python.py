"""A device of this machine under another Python, in a process of its own: any local device with ``python=PATH``.

Execution providers come as builds of ONNX Runtime that exclude one another in one environment; so each gets its own,
and is named by its interpreter. What that process does to itself (a crash, a hang) does not harm this one.
"""

from collections.abc import Sequence
from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.places import expanded
from hwnas.devices._line import LineLostError
from hwnas.devices._pack import ONE_LINER, opening
from hwnas.devices._remote import RemoteDevice, Transport, Trouble, silence_seconds
from hwnas.devices._remote_options import own_options
from hwnas.devices._strings import DeviceString


class _OtherPython(Transport):
    def __init__(self, path: Path) -> None:
        self.name = str(path)

    def command(self) -> Sequence[str]:
        return [self.name, "-c", ONE_LINER]

    def opening(self) -> bytes:
        return opening(silence_seconds())

    def explain(self, lost: LineLostError) -> Trouble:
        said = f": {lost.errors.splitlines()[-1][:200]}" if lost.errors else ""
        return Trouble(f"ended with exit code {lost.code}{said}; see that it is a Python that runs.", passing=False)


def in_python(asked: DeviceString) -> Device:
    """The device of `asked` without its options ``python`` and ``timeout``, run by the interpreter they name.

    Raises:
        InputError: there is no such interpreter, or the timeout is no number of seconds.
    """
    own = own_options(asked, {"python": "", "timeout": "300"})
    path = expanded(own.values["python"]).absolute()
    if not path.is_file():
        raise InputError(
            f"Option 'python' is the path of a Python, got {quoted(own.values['python'])}; check the path."
        )

    def rename(there: DeviceString) -> str:
        options = [f"{key}={value}" for key, value in {**there.options, "python": str(path)}.items()]
        return f"{there.name}:{','.join([*([there.address] if there.address else []), *options])}"

    inner = own.inner(f"{asked.name}:{asked.address}" if asked.address else asked.name)
    return RemoteDevice(_OtherPython(path), inner, rename, own.positive("timeout"))
