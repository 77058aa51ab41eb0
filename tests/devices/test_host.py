from hwnas.devices import _host


def test_this_machine_is_described() -> None:
    assert _host.processor() not in {"", "unknown"}
    assert _host.usable_cores() >= 1
    assert _host.memory_bytes() % (16 * 2**20) == 0
    assert _host.system().count(" ") >= 2
    assert set(_host.clock_settings()) == {"governor", "max_khz"}
    assert set(_host.surroundings()) == {"virtual_machine", "container"}
