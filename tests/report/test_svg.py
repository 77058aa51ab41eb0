from xml.etree import ElementTree

from hwnas.report._svg import add, attribute_texts, picture_text


def test_numbers_are_short_and_names_of_attributes_are_those_of_svg() -> None:
    assert attribute_texts(class_="dot", text_anchor="end", x=1 / 3, y=2) == {
        "class": "dot", "text-anchor": "end", "x": "0.3", "y": "2",
    }  # fmt: skip


def test_a_picture_is_well_formed_whatever_its_texts_hold() -> None:
    svg = ElementTree.Element("svg")
    svg.set("aria-label", "\x1b[31m \u202e")
    add(svg, "text", "<&> \x00 \udce9 é")
    (text,) = ElementTree.fromstring(picture_text(svg))  # noqa: S314  our own
    assert text.text == r"<&> \x00 \xe9 é"
