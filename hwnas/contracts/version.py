"""Which hwnas this is; what pyproject.toml says, here also for code that is run without having been installed."""

VERSION = "0.1.0"
