"""A command as it was given, to be named again with everything that was asked for."""

from collections.abc import Iterator

import typer


def given(context: typer.Context, *, without: tuple[str, ...] = ()) -> list[object]:
    """The words of the running command: its name, its arguments, and each option that was given, but those named.

    Args:
        context: of the command.
        without: parameters, as the function calls them, to leave out.
    """
    return ["hwnas", context.info_name, *_words(context, without)]


def _words(context: typer.Context, without: tuple[str, ...]) -> Iterator[object]:
    for parameter in context.command.params:
        name, value = str(parameter.name), context.params.get(str(parameter.name))
        source = context.get_parameter_source(name)
        if name in without or source is None or source.name != "COMMANDLINE":
            continue
        values = value if isinstance(value, list | tuple) else [value]
        if parameter.param_type_name == "argument":
            yield from values
        elif value is True:
            yield parameter.opts[0]
        else:
            for each in values:
                yield from (parameter.opts[0], each)
