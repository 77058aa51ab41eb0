"""Plain YAML of somebody else, read no further than a table needs.

An alias is written once and stands for all it names; aliases of aliases make 323 bytes a list of 10 to the power of
nine. So values are counted with all aliases written out before anything is made of them.
"""

from pathlib import Path

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_LEVELS, MOST_VALUES


def read_yaml(path: Path, text: str) -> object:
    """What `text`, the content of `path`, says.

    Raises:
        InputError: it is no plain YAML, has too many levels or values, or a key is there twice; or no library that
            reads YAML is installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise InputError(f"Reading {path} needs PyYAML: pip install 'hwnas[import]'.") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_too_much(path, yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
        _refuse_twice(path, node)
        return yaml.load(text, Loader=loader)  # noqa: S506  both are safe
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:  # such as a date that is none
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path} is not plain YAML ({first[:200]}); objects in YAML are not made.") from error


def _refuse_too_much(path: Path, events: object) -> None:
    """Count values, and levels: too deep a file would end the process, not raise."""
    import yaml

    open_: list[tuple[str | None, int]] = []  # anchor and values so far of what is being read
    sizes: dict[str, int] = {}
    total = 0
    for event in events:  # type: ignore[attr-defined]  # an untyped library's
        size = 0
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            if len(open_) > MOST_LEVELS:
                raise InputError(f"{path} has more than {MOST_LEVELS} levels; a latency table has two or three.")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            if anchor:
                sizes[anchor] = size
        if open_:
            open_[-1] = (open_[-1][0], open_[-1][1] + size)
        total = max(total + (size if not open_ else 0), max((n for _, n in open_), default=0))
        if total > MOST_VALUES:
            raise InputError(
                f"{path} has more than {MOST_VALUES} values when its aliases are written out; a latency table has a "
                "few thousand, so give one without aliases."
            )


def _refuse_twice(path: Path, node: object) -> None:
    """A key that is there twice: YAML readers keep the last of them."""
    import yaml

    waiting, seen = [node], set[int]()
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, yaml.SequenceNode):
            waiting += here.value
        if isinstance(here, yaml.MappingNode):
            keys = [(key.tag, key.value) for key, _ in here.value if isinstance(key, yaml.ScalarNode)]
            twice = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()
            if twice:
                raise InputError(f"{path} has the key {quoted(sorted(twice)[0][1])} twice; drop one of them.")
            waiting += [value for _, value in here.value]
