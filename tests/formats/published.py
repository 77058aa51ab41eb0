"""Small files in the formats others publish, with figures made up here."""

import json
from pathlib import Path

WIDTHS = (8, 8, 16, 16, 24, 24)  # stem and five stages
STRIDES, SQUEEZE, HARD = (2, 2, 2, 1, 2), (0, 1, 0, 1, 1), (0, 0, 1, 1, 1)
SIDE = 32
CELL = "|{0}~0|+|{1}~0|{2}~1|+|{3}~0|{4}~1|{5}~2|"


def operators(
    *, widths: tuple[int, ...] = (8, 16, 24, 32, 40, 48), relative: bool = False
) -> dict[str, dict[str, float]]:
    """A whole table in the manner of Once-for-All; an operator's time is told by `cost`."""
    table: dict[str, dict[str, float]] = {}

    def add(name: str, milliseconds: float) -> None:
        table[name] = {"count": 10, "mean": milliseconds, "std": 0.01}

    size = SIDE // 2
    add(f"Conv-input:{SIDE}x{SIDE}x3-output:{size}x{size}x{widths[0]}", 1.0)
    expand = 1 if relative else widths[0]
    place = f"input:{size}x{size}x{widths[0]}-output:{size}x{size}x{widths[0]}"
    add(f"expanded_conv-{place}-expand:{expand}-kernel:3-stride:1-idskip:1-se:0-hs:0", 1.0)
    width = widths[0]
    for stage, outputs in enumerate(widths[1:]):
        for block in range(2):  # later blocks are like the second
            stride = STRIDES[stage] if block == 0 else 1
            after = -(-size // stride)
            skip = int(stride == 1 and width == outputs)
            for kernel in (3, 5, 7):
                for ratio in (3, 4, 6):
                    expand = ratio if relative else ratio * width
                    name = f"expanded_conv-input:{size}x{size}x{width}-output:{after}x{after}x{outputs}-expand:{expand}"
                    name += f"-kernel:{kernel}-stride:{stride}-idskip:{skip}-se:{SQUEEZE[stage]}-hs:{HARD[stage]}"
                    add(name, cost(stage, block, kernel, ratio))
            width, size = outputs, after
    add(f"Conv_1-input:{size}x{size}x{width}-output:{size}x{size}x64", 1.0)
    add(f"AvgPool2D-input:{size}x{size}x64-output:1x1x64", 1.0)
    add("Conv_2-input:1x1x64-output:1x1x96", 1.0)
    add("Logits-input:1x1x96-output:1000", 1.0)
    return table


def cost(stage: int, block: int, kernel: int, ratio: int) -> float:
    """Milliseconds of a block; the second and later blocks of a stage cost the same."""
    return 0.1 * (stage + 1) + 0.01 * kernel + 0.001 * ratio + 1e-4 * min(block, 1)


FIXED = 6.0
HAT = (
    "encoder_embed_dim,encoder_layer_num,decoder_layer_num,latency_mean_encoder,latency_mean_decoder,"
    "latency_std_encoder,latency_std_decoder\n"
    "512,6,1,1.5,10.0,0.3,0.4\n640,6,2,2.5,20.0,0.3,0.4\n"
)
CELLS = "index,arch,lat_ms_a,lat_s_b,acc\n" + "".join(
    f"{i},{CELL.format(*cell)},{3.5 + i},{0.0035 + i},90\n"
    for i, cell in enumerate(
        [["nor_conv_3x3"] * 6, ["none"] * 6, ["skip_connect", "none", "avg_pool_3x3", "none", "none", "nor_conv_1x1"]]
    )
)
PLAIN = "kernel,operation,latency_us,std_us\n3,conv,1500,20\n5,conv,2500,20\n3,pool,500,20\n"


def write(folder: Path) -> dict[str, Path]:
    """One file per format."""
    files = {
        "once_for_all": ("note.json", json.dumps(operators())),
        "hat": ("hat.csv", HAT),
        "nasbench201": ("cells.csv", CELLS),
        "columns": ("plain.csv", PLAIN),
    }
    for name, content in files.values():
        (folder / name).write_text(content)
    return {form: folder / name for form, (name, _) in files.items()}
