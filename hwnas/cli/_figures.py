"""Figures as commands show them."""


def percent(share: float) -> str:
    """A fraction as percent."""
    return f"{share:.1%}"


def milliseconds(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g} ms"


def kilobytes(size_bytes: float) -> str:
    """A size."""
    return f"{size_bytes / 1000:,.0f} kB"
