"""Speaks to devices: Modbus maps, device profiles, and device simulators that behave."""
