"""What is told of every tensor of a space, by hand."""

from hwnas.testing._own_cnn import own_cnn


def test_every_tensor_is_told_with_its_shapes_and_with_what_a_smaller_one_takes() -> None:
    rows = {row.name: row for row in own_cnn().explain().rows}
    stem = rows["stem.weight"]
    assert (stem.kind, stem.shapes) == ("trained", ((4, 1, 3, 3), (6, 1, 3, 3)))
    assert stem.cuts == ("first", "all", "all", "all")
    block = rows["blocks.0.weight"]
    assert {shape[2] for shape in block.shapes} == {3, 5}
    assert block.cuts[2:] == ("centre", "centre")
    assert rows["norms.0.running_mean"].kind == "kept"


def test_each_tensor_is_one_line_of_the_table() -> None:
    lines = str(own_cnn().explain()).splitlines()
    assert "head.bias: trained, 3; all" in lines
    assert "stem.weight: trained, 4x1x3x3 or 6x1x3x3; first, all, all, all" in lines
