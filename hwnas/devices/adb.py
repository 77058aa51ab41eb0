"""An Android phone, through the system's `adb`: ``adb://serial[/device][,option=value,...]``.

Two ways of timing. With a Python on the phone that has numpy and onnxruntime, the far end of remote devices runs there
and times like the local processor does. Without one, `perf_test` names ONNX Runtime's own `onnxruntime_perf_test` on
the phone, built by the user. Either way nothing is timed on a hot phone (see `_heat`).

=============== ====================== =====================================================================
option          default                meaning
=============== ====================== =====================================================================
perf_test                              path on the phone of `onnxruntime_perf_test`; empty: Python is used
python          python3                the command that starts Python there
mask                                   cores to run on, as a hexadecimal mask for taskset, such as f0; empty: any
max_celsius     45                     hottest skin or battery that a round is begun with
timeout         300                    seconds without an answer after which the phone counts as hung
threads         1                      with `perf_test`: threads that run one operator, up to 64
optimization    all                    with `perf_test`: all, extended, basic or none
provider        cpu                    with `perf_test`: cpu, xnnpack, nnapi, qnn or webgpu, if built with it
*others*                               with Python: options of the device there, which is ``cpu`` unless named
=============== ====================== =====================================================================

No phone has been at hand: see docs/first_phone_run.md for what is still to be seen on a real one.
"""

import re
from collections.abc import Sequence

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.devices import _pack
from hwnas.devices._heat import HeatGated
from hwnas.devices._line import LineLostError
from hwnas.devices._perf_test import LEVELS, Command, PerfTest
from hwnas.devices._phone import HOME, Phone
from hwnas.devices._remote import RemoteDevice, Transport, Trouble, silence_seconds
from hwnas.devices._remote_options import OwnOptions, own_options
from hwnas.devices._strings import DeviceString, read_options

NOT_FOUND = 127  # what a shell ends with when there is no such command
ADDRESS = re.compile(r"//(?P<serial>[\w.][\w.:-]*|\[[\w:.%]+\]:\d+)(/(?P<inner>.*))?", re.ASCII)
MASK = re.compile(r"[0-9a-fA-F]{0,16}")
OWN = {"perf_test": "", "python": "python3", "mask": "", "max_celsius": "45", "timeout": "300"}
PROGRAM = {
    "threads": [str(n) for n in range(1, 65)],
    "optimization": list(LEVELS),
    "provider": ["cpu", "xnnpack", "nnapi", "qnn", "webgpu"],
}


def adb(asked: DeviceString) -> Device:
    """The device of a device string ``adb://serial[/device][,option=value,...]``; connects when it is first used.

    Raises:
        InputError: the address or an option is out of shape.
    """
    match = ADDRESS.fullmatch(asked.address)
    if match is None:
        raise InputError(
            f"A phone is adb://serial,option=value, got the address {quoted(asked.address)}; see adb devices for "
            "its serial."
        )
    own = own_options(asked, OWN)
    if not MASK.fullmatch(own.values["mask"]):
        raise InputError(
            f"Option 'mask' is a hexadecimal mask of cores such as f0, got {quoted(own.values['mask'])}; mend it."
        )
    phone = Phone(match["serial"])
    timeout = own.positive("timeout")
    if own.values["perf_test"]:
        device: Device = _under_program(phone, own, match["inner"], timeout)
    else:
        device = RemoteDevice(_Adb(phone, own), own.inner(match["inner"]), own.renamer(phone.name), timeout)
    return HeatGated(device, phone, own.positive("max_celsius"))


def _under_program(phone: Phone, own: OwnOptions, inner: str | None, timeout: float) -> Device:
    if inner:
        raise InputError(
            f"With perf_test= the provider is an option, got the device {quoted(inner)}; write provider=NAME."
        )
    options = read_options(DeviceString("adb", "", own.others), PROGRAM)
    command = Command(
        own.values["perf_test"],
        own.values["mask"],
        int(options["threads"]),
        options["optimization"],
        options["provider"],
    )
    name = own.renamer(phone.name)(DeviceString("cpu", "", options))
    return PerfTest(name, phone, command, timeout)


class _Adb(Transport):
    """Python on the phone, over `adb shell`."""

    def __init__(self, phone: Phone, own: OwnOptions) -> None:
        self.name = phone.name
        self._phone = phone
        self._python = own.values["python"]
        self._start = f"taskset {own.values['mask']} {self._python}" if own.values["mask"] else self._python

    def command(self) -> Sequence[str]:
        there = f"XDG_CACHE_HOME={HOME} TMPDIR={HOME}"
        return self._phone.words("shell", "-T", f'{there} {self._start} -c "{_pack.ONE_LINER}"')

    def opening(self) -> bytes:
        return _pack.opening(silence_seconds())

    def explain(self, lost: LineLostError) -> Trouble:
        trouble = self._phone.explain(lost.errors)
        if trouble is not None:
            return trouble
        said = lost.errors.splitlines()[-1][:200] if lost.errors else "it said nothing"
        if lost.code == NOT_FOUND:
            return Trouble(
                f"has no Python called {self._python!r}: {said}; name one with python=, or onnxruntime_perf_test with "
                "perf_test=.",
                passing=False,
            )
        return Trouble(f"ended the connection with exit code {lost.code}: {said}; see adb devices.", passing=True)
