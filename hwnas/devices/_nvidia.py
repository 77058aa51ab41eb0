"""What the driver says of an NVIDIA graphics card, for device cards. Has not run on a real one yet."""

import subprocess
from collections.abc import Mapping

ASKED = {"gpu": "name", "driver": "driver_version", "gpu_max_mhz": "clocks.max.sm", "gpu_power_limit": "power.limit"}


def graphics_card(options: Mapping[str, str]) -> dict[str, str]:
    """Name, driver, highest clock and power limit of the card `device_id`; unknown where nvidia-smi cannot tell."""
    query = [
        "nvidia-smi",
        f"--query-gpu={','.join(ASKED.values())}",
        "--format=csv,noheader",
        "-i",
        options["device_id"],
    ]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return dict.fromkeys(ASKED, "unknown")
    return dict(zip(ASKED, (value.strip() for value in said.split(",")), strict=False))
