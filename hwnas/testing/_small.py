"""Settings that make a built-in space small enough to build and run many times."""

SMALL_MOBILENETV3: dict[str, object] = {
    "input_shape": (2, 8, 8),
    "classes": 3,
    "stem_width": 4,
    "stem_stride": 1,
    "stage_widths": (4, 6),
    "stage_strides": (1, 2),
    "stage_activations": ("relu", "hardswish"),
    "squeeze_excite": (False, True),
    "final_width": 12,
    "feature_width": 8,
}
