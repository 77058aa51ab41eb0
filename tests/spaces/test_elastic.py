from hwnas.spaces._elastic import story
from hwnas.spaces.micro_cell import micro_cell


def test_a_story_names_three_that_were_left_for_a_reason_and_counts_the_others() -> None:
    space = micro_cell()
    left = {f"a{i}": (4, "its entries are looked up by number") for i in range(5)}
    left |= {f"b{i}": (4, "it is normalised over") for i in range(3)}
    lines = story(space, {"left": left}).splitlines()
    assert lines[0] == "4 choices, 256 architectures"
    assert lines[-2:] == [
        "left: a0, a1, a2 and 2 more: its entries are looked up by number",
        "left: b0, b1, b2: it is normalised over",
    ]
    assert space.costs is not None
    costs = space.costs(space.encode(space.largest)[None])
    assert f"largest: {costs['params'][0]:,.0f} parameters, {costs['macs'][0] / 1e6:.3g} M multiply-adds" in lines
    assert "e0: skip, pool, conv1, conv3" in lines
