"""Elements of an SVG picture."""

from xml.etree import ElementTree


def add(parent: ElementTree.Element, tag: str, text: str | None = None, /, **attributes: object) -> None:
    """Append an element; numbers are written short."""
    ElementTree.SubElement(parent, tag, attribute_texts(**attributes)).text = text


def attribute_texts(**attributes: object) -> dict[str, str]:
    """Attributes as text: ``class_`` is ``class``, ``text_anchor`` is ``text-anchor``."""
    return {
        name.rstrip("_").replace("_", "-"): f"{value:.1f}" if isinstance(value, float) else str(value)
        for name, value in attributes.items()
    }
