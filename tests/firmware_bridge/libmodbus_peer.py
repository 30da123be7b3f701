"""A Modbus peer that nobody here wrote: Debian's libmodbus, in a process of its own.

    libmodbus_peer.py serve PLACE UNIT '{"input": [...], ...}'
    libmodbus_peer.py ask PLACE UNIT '[["read", "coil", 0, 3], ["write", "holding", 0, [1, 2]], ...]'

PLACE is a TCP port or the path of a serial line (19200 8N1). Answers are JSON on stdout.
"""

import ctypes
import json
import socket
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from typing import Any

LIBRARY = "libmodbus.so.5"
TABLES = ("coil", "discrete", "input", "holding")
MAX_FRAME = 260


class Mapping(ctypes.Structure):
    _fields_ = (
        *((f"{which}_{table}", c_int) for table in TABLES for which in ("count", "start")),
        ("coil", POINTER(c_uint8)),
        ("discrete", POINTER(c_uint8)),
        ("input", POINTER(c_uint16)),
        ("holding", POINTER(c_uint16)),
    )


def library() -> Any:
    lib = ctypes.CDLL(LIBRARY, use_errno=True)
    for name in ("modbus_new_tcp", "modbus_new_rtu"):
        getattr(lib, name).restype = c_void_p
    lib.modbus_mapping_new.restype = POINTER(Mapping)
    lib.modbus_strerror.restype = c_char_p
    return lib


def context(lib: Any, place: str, unit: int) -> c_void_p:
    if place.isdigit():
        made = lib.modbus_new_tcp(b"127.0.0.1", int(place))
    else:
        made = lib.modbus_new_rtu(place.encode(), 19_200, ctypes.c_char(b"N"), 8, 1)
    ctx = c_void_p(made)
    lib.modbus_set_slave(ctx, unit)
    lib.modbus_set_response_timeout(ctx, c_uint32(5), c_uint32(0))
    return ctx


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(place: str, unit: int, tables: dict[str, list[int]]) -> None:
    lib = library()
    ctx = context(lib, place, unit)
    sizes = [len(tables.get(name, [])) for name in ("coil", "discrete", "holding", "input")]
    mapping = lib.modbus_mapping_new(*sizes)
    for name, values in tables.items():
        for index, value in enumerate(values):
            getattr(mapping.contents, name)[index] = value & 0xFFFF
    listener = c_int(-1)
    if place.isdigit():
        listener = c_int(lib.modbus_tcp_listen(ctx, 1))
        with socket.socket(fileno=listener.value) as borrowed:
            say(json.dumps({"port": borrowed.getsockname()[1]}))
            borrowed.detach()
    else:
        if lib.modbus_connect(ctx):
            raise SystemExit(lib.modbus_strerror(ctypes.get_errno()))
        say(json.dumps({"port": None}))
    query = (c_uint8 * MAX_FRAME)()
    while True:
        if listener.value >= 0:
            lib.modbus_tcp_accept(ctx, byref(listener))
        while (size := lib.modbus_receive(ctx, query)) >= 0:
            if size:
                lib.modbus_reply(ctx, query, size, mapping)


def ask(place: str, unit: int, asks: list[list[Any]]) -> list[Any]:
    lib = library()
    ctx = context(lib, place, unit)
    if lib.modbus_connect(ctx):
        raise SystemExit(lib.modbus_strerror(ctypes.get_errno()))
    answers = [one(lib, ctx, *each) for each in asks]
    lib.modbus_close(ctx)
    return answers


def one(lib: Any, ctx: c_void_p, verb: str, table: str, start: int, what: Any) -> Any:
    """Return the values read, the count written, or the error's text."""
    names = {"coil": "bits", "discrete": "input_bits", "holding": "registers", "input": "input_registers"}
    kind = c_uint8 if table in ("coil", "discrete") else c_uint16
    count = what if verb == "read" else len(what)
    values = (kind * count)(*([] if verb == "read" else what))
    done = getattr(lib, f"modbus_{verb}_{names[table]}")(ctx, start, count, values)
    if done < 0:
        return str(lib.modbus_strerror(ctypes.get_errno()).decode())
    return list(values) if verb == "read" else done


if __name__ == "__main__":
    verb, place, unit, what = sys.argv[1:]
    if verb == "serve":
        serve(place, int(unit), json.loads(what))
    else:
        say(json.dumps(ask(place, int(unit), json.loads(what))))
