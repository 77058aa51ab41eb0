from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline.delivery.other_device import refuse_other_device
from tests.plugged import Simulated


def test_latencies_of_another_device_are_refused_by_what_differs() -> None:
    device = Simulated()
    card = device.card().to_dict()
    refuse_other_device(card, device, Path("run"))
    with pytest.raises(InputError, match="with cores 8, here cores is 1; search this device first with `hwnas search"):
        refuse_other_device({**card, "cores": 8}, device, Path("run"))
