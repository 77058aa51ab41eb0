"""From the facts about one execution provider and a device string to a device; the only place that reads their options.

=============== ============================ ==========================================================
option          values (the default first)   meaning
=============== ============================ ==========================================================
threads         1 to the cores there are     threads that run one operator (of the processor)
optimization    all, extended, basic, none   graph optimisation level of ONNX Runtime
arena           on, off                      whether memory comes from an arena that only grows
spinning        on, off                      whether idle worker threads spin; on is ONNX Runtime's default,
                                             so it is what a user sees who sets nothing (xnnpack: off first)
binding         the provider's, off, others  kind of memory where inputs and outputs stay, such as cuda, so that
                                             no copying is timed; off: they are passed in and out
python          a path                       another Python to run in, in a process of its own
timeout         300, or other seconds        that a run of a model may take; after more, it counts as hung (with
                                             `python`: silence after which that process does)
=============== ============================ ==========================================================

Besides, a provider's own options: those in its file by their names, any other as ``o.NAME=VALUE``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.places import expanded
from hwnas.devices import _host
from hwnas.devices._local import LocalDevice
from hwnas.devices._python import in_python
from hwnas.devices._remote_options import own_options
from hwnas.devices._runner import PATIENCE_SECONDS
from hwnas.devices._session import CPU, LEVELS, Sessions
from hwnas.devices._strings import DeviceString, read_options

OTHER = "o."  # the start of provider options that hwnas does not know
OFF = "off"


def _no_facts(_options: Mapping[str, str]) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Provider:
    """What there is to know about an execution provider of ONNX Runtime.

    Args:
        name: as ONNX Runtime calls it.
        package: what brings it, for pip.
        options: its own options that matter, with the values hwnas gives them; empty: left to the provider.
        address: the option that an address in a device string stands for.
        memory: kind of memory where inputs and outputs stay unless the user says otherwise.
        on_processor: whether it computes on the processor under these options.
        threads: its own option for the number of threads.
        own_pool: whether those are the threads that compute, so that the runtime's own are better still.
        second: as in `Sessions`.
        facts: what else the card should say, under these options.
    """

    name: str
    package: str
    options: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    memory: str = ""
    on_processor: Callable[[Mapping[str, str]], bool] = lambda _options: False
    threads: str = ""
    own_pool: bool = False
    second: str = ""
    facts: Callable[[Mapping[str, str]], dict[str, str]] = _no_facts


def provider_device(asked: DeviceString, provider: Provider) -> Device:
    """The device of a device string, run by `provider`, here or by another Python.

    Raises:
        InputError: an address where there is none, an unknown option, or a value it cannot take.
    """
    if "python" in asked.options:
        return in_python(asked)
    asked = _with_address(asked, provider)
    allowed = {
        "threads": [str(n) for n in range(1, _host.usable_cores() + 1)],
        "optimization": list(LEVELS),
        "arena": ["on", "off"],
        "spinning": ["off", "on"] if provider.own_pool else ["on", "off"],
    }
    patience = own_options(asked, {"timeout": f"{PATIENCE_SECONDS:g}"})
    free = {**provider.options, "binding": provider.memory or OFF, "python": "", **patience.values}
    options = read_options(asked, allowed, free=free, prefix=OTHER)
    own = {key: options[key] for key in provider.options if options[key]}
    own |= {key.removeprefix(OTHER): value for key, value in options.items() if key.startswith(OTHER)}
    own = {key: str(expanded(value)) if value.startswith("~") else value for key, value in own.items()}
    if provider.threads:
        own[provider.threads] = options["threads"]
    sessions = Sessions(
        threads=int(options["threads"]),
        optimization=options["optimization"],
        spinning=options["spinning"] == "on",
        arena=options["arena"] == "on",
        provider=provider.name,
        provider_options=own,
        memory="" if options["binding"] == OFF else options["binding"],
        on_processor=provider.on_processor(own),
        own_pool=provider.own_pool,
        second=provider.second,
    )
    usual = {key: values[0] for key, values in allowed.items() if key != "threads"} | free
    shown = [asked.address] if asked.address else []
    shown += [f"{key}={value}" for key, value in options.items() if value != usual.get(key)]
    settings = (
        {key: options[key] for key in ("optimization", "arena", "spinning", "binding")}
        | own
        | ({"second_provider": provider.second} if provider.second else {})
        | provider.facts(own)
    )
    name = f"{asked.name}:{','.join(shown)}"
    return LocalDevice(name, sessions, settings, provider.package, patience.positive("timeout"))


def _with_address(asked: DeviceString, provider: Provider) -> DeviceString:
    """An address as the option it stands for; that of `ep`, which names the provider, stays."""
    if not asked.address or asked.address == provider.name:
        return asked
    if not provider.address:
        raise InputError(
            f"Device {quoted(asked.name)} has no address, got {quoted(asked.address)}; options are like threads=2."
        )
    if provider.address in asked.options:
        raise InputError(f"Device {asked.name!r} got {provider.address} twice, as address and as option; give one.")
    return DeviceString(asked.name, "", {provider.address: asked.address, **asked.options})


PROCESSOR = Provider(CPU, "onnxruntime", on_processor=lambda _options: True)
