"""The contenders of the side-by-side loop: what each is told to do, in its own words.

Each polls the radar's register, and orders the warnings when the level passes the closing level. Ours does
its whole work meanwhile. The others are installed by `tools/bench_peers`, and set up as fast as they go.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sotdae_provisioning.bench.bare import LEVEL, LEVEL_CLOSE, WARN_CLOSED
from sotdae_provisioning.bench.plant import UNIT
from sotdae_provisioning.broker import free_port
from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError

POLL_S = 0.1
DEAD_PORT = 1
"""Where no broker answers."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that guards the plant."""

    name: str
    prepare: Callable[[Path, int], Child]
    """Write its files into a folder, for a Modbus port; return its process, not yet started."""
    poll_s: float = POLL_S
    keyed: bool = False
    """Whether it stays closed until a person turns the key after dry time."""


def contenders() -> list[Contender]:
    """Return who takes part, ours first, the bare floor last. Raises LinkError if a peer is not installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sotdae-bench"
    hass, node_red = cache / "homeassistant/bin/hass", cache / "node-red/node_modules/.bin/node-red"
    missing = [str(program) for program in (hass, node_red) if not program.exists()]
    if missing:
        raise LinkError(f"not installed: {', '.join(missing)}; install the peers with tools/bench_peers")
    return [
        Contender("Sotdae, confirming 0 s", lambda at, port: gate(at, port, 0.0), keyed=True),
        Contender("Sotdae, confirming 0.5 s (default)", lambda at, port: gate(at, port, 0.5), keyed=True),
        Contender("Node-RED 4", lambda at, port: _node_red(node_red, at, port)),
        Contender("Home Assistant, asked by a script", lambda at, port: _hass(hass, at, port, 0)),
        Contender("Home Assistant, its shortest interval", lambda at, port: _hass(hass, at, port, 1), 1.0),
        Contender("bare pymodbus loop", bare),
    ]  # fmt: skip


def gate(where: Path, port: int, confirm_s: float) -> Child:
    """Return `sotdae gate run`, confirming a trip for `confirm_s`."""
    # A drill's dry time and a long pre-warning let one process be tripped again and again with its arm up.
    file = where / "gate.toml"
    file.write_text(
        f"[storage]\ndir = {json.dumps(str(where))}\n[device]\nport = {port}\npoll_s = {POLL_S}\n"
        f"[hub]\nport = {DEAD_PORT}\n[times]\nconfirm = {confirm_s}\npre_warn = 30.0\n"
        "[drill]\nreopen_dry_s = 1\n[geometry]\nwarning_s = 30.0\n"
        '[facility]\nid = "GG-41113-UP-0007"\nnode = "bench-gate"\nname = "bench"\nlat = 37.2\nlon = 127.0\n'
    )
    return Child("gate", ["sotdae_edge", "gate", "run", "--config", str(file)], where)


def bare(where: Path, port: int) -> Child:
    """Return the loop that does nothing else."""
    return Child("bare", ["sotdae_provisioning.bench.bare", str(port)], where)


def _hass(program: Path, where: Path, port: int, scan_interval_s: int) -> Child:
    """Home Assistant polls at whole seconds; with 0 it polls when asked, here by a script that never ends."""
    level, coil = {"slave": UNIT, "address": LEVEL}, {"hub": "plant", "slave": UNIT, "address": WARN_CLOSED}
    sensor = {**level, "name": "level", "input_type": "input", "scan_interval": scan_interval_s}
    modbus = {"name": "plant", "type": "tcp", "host": "127.0.0.1", "port": port, "sensors": [sensor]}
    rules = [
        _rule("close", {"above": LEVEL_CLOSE - 1}, {**coil, "state": True}),
        _rule("open", {"below": LEVEL_CLOSE}, {**coil, "state": False}),
    ]
    if scan_interval_s == 0:
        ask = {"service": "homeassistant.update_entity", "target": {"entity_id": "sensor.level"}}
        again = {"while": "{{ true }}", "sequence": [ask, {"delay": {"milliseconds": round(POLL_S * 1000)}}]}
        start = {"platform": "homeassistant", "event": "start"}
        rules.append({"alias": "poll", "trigger": [start], "action": [{"repeat": again}]})
    told = {
        "homeassistant": {"name": "bench", "latitude": 37.2, "longitude": 127.0, "time_zone": "Asia/Seoul"},
        "http": {"server_host": "127.0.0.1", "server_port": free_port()},
        "modbus": [modbus],
        "automation": rules,
    }
    (where / "configuration.yaml").write_text(json.dumps(told))  # JSON is YAML
    return Child("hass", ["--config", str(where), "--skip-pip"], where, program=[str(program)])


def _rule(alias: str, limits: dict[str, int], order: dict[str, object]) -> dict[str, object]:
    trigger = {"platform": "numeric_state", "entity_id": "sensor.level", **limits}
    return {"alias": alias, "trigger": [trigger], "action": [{"service": "modbus.write_coil", "data": order}]}


def _node_red(program: Path, where: Path, port: int) -> Child:
    """Read, compare, pass on what has changed, write; without editor and command queue, which only cost."""
    client = {
        "clienttype": "tcp",
        "tcpHost": "127.0.0.1",
        "tcpPort": port,
        "tcpType": "DEFAULT",
        "unit_id": UNIT,
    }
    # Without the "parallel" flag the Modbus nodes use their queue all the same.
    client |= {"bufferCommands": False, "parallelUnitIdsAllowed": True, "reconnectOnTimeout": True}
    limits = [{"t": "gte", "v": str(LEVEL_CLOSE), "vt": "num"}, {"t": "else"}]
    flow = [
        {"id": "plant", "type": "modbus-client", **client},
        {"id": "tab", "type": "tab", "label": "bench"},
        _node("read", "modbus-read", [["high"], []], dataType="InputRegister", adr=LEVEL, quantity=1,
              rate=round(POLL_S * 1000), rateUnit="ms", server="plant"),
        _node("high", "switch", [["yes"], ["no"]], property="payload[0]", propertyType="msg", rules=limits,
              checkall="false", outputs=2),
        _say("yes", "true"),
        _say("no", "false"),
        _node("changed", "rbe", [["write"]], func="rbe", property="payload"),
        _node("write", "modbus-write", [[], []], dataType="Coil", adr=WARN_CLOSED, quantity=1,
              server="plant"),
    ]  # fmt: skip
    (where / "flows.json").write_text(json.dumps(flow))
    settings = {"flowFile": "flows.json", "uiHost": "127.0.0.1", "uiPort": free_port(), "disableEditor": True}
    settings |= {"telemetry": {"enabled": False, "updateNotification": False}}
    (where / "settings.js").write_text(f"module.exports = {json.dumps(settings)}\n")
    return Child("node-red", ["--userDir", str(where)], where, program=[str(program)])


def _say(name: str, word: str) -> dict[str, object]:
    rule = {"t": "set", "p": "payload", "pt": "msg", "to": word, "tot": "bool"}
    return _node(name, "change", [["changed"]], rules=[rule])


def _node(name: str, kind: str, wires: list[list[str]], **more: object) -> dict[str, object]:
    return {"id": name, "z": "tab", "type": kind, "x": 100, "y": 100, "wires": wires, **more}
