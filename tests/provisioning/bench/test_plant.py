"""The benchmarks' plant notes moments in the order in which they happen."""

from sotdae_provisioning.bench.plant import FLOOD_CM, UNIT, Plant


def test_notes_when_a_new_level_left_and_when_the_order_to_close_came() -> None:
    plant = Plant(0.0)
    plant.raw(UNIT, "input")
    plant.depth(FLOOD_CM)
    assert set(plant.state()) == {"changed_s"}
    plant.raw(UNIT, "input")
    plant.order(UNIT, "coil", 0, [False, False, False])
    assert set(plant.state()) == {"changed_s", "served_s", "warned_s", "opened_s"}
    plant.order(UNIT, "coil", 0, [True, True, False])
    plant.order(UNIT, "holding", 2, [1])
    moments = plant.state()
    assert moments["changed_s"] <= moments["served_s"] <= moments["warned_s"] <= moments["written_s"]


def test_the_first_moment_of_each_kind_counts_until_the_level_changes() -> None:
    plant = Plant(0.0)
    plant.order(UNIT, "coil", 0, [True])
    first = plant.state()["written_s"]
    plant.order(UNIT, "coil", 0, [True])
    assert plant.state()["written_s"] == first
    plant.depth(0.0)
    assert "written_s" not in plant.state()


def test_notes_when_the_road_was_opened_again() -> None:
    plant = Plant(0.0)
    plant.order(UNIT, "coil", 0, [True])
    plant.depth(0.0)
    plant.order(UNIT, "coil", 0, [False])
    assert set(plant.state()) == {"changed_s", "warned_s", "opened_s"}


def test_every_read_is_a_new_scan_of_all_level_channels() -> None:
    plant = Plant(0.0)
    plant.depth(FLOOD_CM)
    first, second = plant.values(UNIT), plant.values(UNIT)
    assert (first["radar_level"], first["pressure_level"], first["float_15"]) == (FLOOD_CM, FLOOD_CM, 1.0)
    assert all(first[name] != second[name] for name in ("radar_scan", "pressure_scan", "float_scan"))
