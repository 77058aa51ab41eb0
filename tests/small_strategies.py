"""Settings that make slow strategies quick enough to run many times; one place for all tests."""

SMALL: dict[str, dict[str, object]] = {
    "bananas": {"members": 2, "depth": 2, "epochs": 5, "pool": 60},
    "ctnas": {"epochs": 5, "steps": 5},
    "enas": {"hidden": 6},
    "gp_hamming": {"steps": 3, "pool": 60, "draws": 16},
    "gp_path": {"steps": 3, "pool": 60, "draws": 16},
    "linas": {"inner": 300},
    "mfkd": {"steps": 3, "pool": 60},
    "nasbot": {"steps": 2, "pool": 25, "draws": 8, "nus": (0.4,)},
    "pnas": {"epochs": 5},
    "ppo": {"hidden": 6, "epochs": 2},
    "qnehvi": {"steps": 3, "pool": 60, "draws": 16},
    "reinforce": {"hidden": 6},
    "vizier": {"steps": 3, "pool": 60},
    "weaknas": {"epochs": 5, "pool": 500},
}
