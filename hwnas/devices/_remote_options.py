"""Options of a remote device: some are its own, the others belong to the device at the far end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwnas.contracts.errors import InputError, quoted
from hwnas.devices._strings import DeviceString

INNER = "cpu"


@dataclass(frozen=True)
class OwnOptions:
    """The options of the remote device itself (`values`), its defaults, and the others."""

    values: Mapping[str, str]
    defaults: Mapping[str, str]
    others: Mapping[str, str]

    def inner(self, path: str | None) -> str:
        """Device string there, of the address part that names it, which may lack.

        The device there has a timeout too: it must not be the more impatient one of the two.
        """
        name, _, address = (path or INNER).partition(":")
        parts = [*([address] if address else []), *(f"{k}={v}" for k, v in self.others.items())]
        if self.positive("timeout") > float(self.defaults["timeout"]):
            parts.append(f"timeout={self.values['timeout']}")
        return f"{name}:{','.join(parts)}" if parts else name

    def renamer(self, start: str) -> Callable[[DeviceString], str]:
        """What makes the canonical string here from that of the device there; patience is no part of what it is."""
        differing = [f"{k}={v}" for k, v in self.values.items() if v != self.defaults[k] and k != "timeout"]

        def rename(there: DeviceString) -> str:
            path = there.name + (f":{there.address}" if there.address else "")
            options = [f"{k}={v}" for k, v in there.options.items()]
            return ",".join([start if path == INNER else f"{start}/{path}", *differing, *options])

        return rename

    def positive(self, name: str) -> float:
        """The option as a positive number.

        Raises:
            InputError: it is none.
        """
        try:
            number = float(self.values[name])
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            raise InputError(f"Option {quoted(name)} is a number above 0, got {quoted(self.values[name])}; change it.")
        return number


def own_options(asked: DeviceString, defaults: Mapping[str, str]) -> OwnOptions:
    """Part the options of a device string."""
    values = {name: asked.options.get(name, default) for name, default in defaults.items()}
    others = {name: value for name, value in asked.options.items() if name not in defaults}
    return OwnOptions(values, defaults, others)
