"""Elements of an SVG picture."""

from xml.etree import ElementTree

from hwnas.contracts.printable import printable


def add(parent: ElementTree.Element, tag: str, text: str | None = None, /, **attributes: object) -> None:
    """Append an element; numbers are written short."""
    ElementTree.SubElement(parent, tag, attribute_texts(**attributes)).text = text


def attribute_texts(**attributes: object) -> dict[str, str]:
    """Attributes as text: ``class_`` is ``class``, ``text_anchor`` is ``text-anchor``."""
    return {
        name.rstrip("_").replace("_", "-"): f"{value:.1f}" if isinstance(value, float) else str(value)
        for name, value in attributes.items()
    }


def picture_text(svg: ElementTree.Element) -> str:
    """The whole picture, without characters that are not to be seen (some are no XML), whatever a name in it holds."""
    return printable(ElementTree.tostring(svg, encoding="unicode"))
