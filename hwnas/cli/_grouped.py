"""Options that belong together, the same in every command that takes them, and are given to it as one object."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps

Command = Callable[..., None]


def grouped(
    name: str, options: list[inspect.Parameter], made: Callable[[Mapping[str, object]], object]
) -> Callable[[Command], Command]:
    """Puts `options` in place of a command's parameter `name`, which it gets as they are `made` to.

    Args:
        name: of the parameter.
        options: as typer reads them.
        made: the object from what was typed behind each option, or its default.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command).parameters
        parameters = [each for parameter in own for each in (options if parameter == name else [own[parameter]])]

        @wraps(command)
        def run(**given: object) -> None:
            asked = {each.name: given.pop(each.name, None) for each in options}
            command(**given, **{name: made(asked)})

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as inspect reads it
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def option(name: str, kind: object, default: object) -> inspect.Parameter:
    """One of them."""
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
