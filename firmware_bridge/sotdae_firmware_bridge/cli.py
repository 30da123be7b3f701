"""`sotdae bridge`: read and write devices, list profiles, run the simulator."""

import asyncio
import json
import signal
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.device import PointDevice
from sotdae_firmware_bridge.lines import Line, Parity, Serial, Tcp
from sotdae_firmware_bridge.profile import load, names
from sotdae_firmware_bridge.reach import Speaks, reach
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.samples import Sample

app = typer.Typer(name="bridge", help="Speak to field devices, or simulate them.", no_args_is_help=True)

ProfileOption = Annotated[str, typer.Option("--profile", help="Name of a built-in profile, or a TOML file.")]
HostOption = Annotated[str, typer.Option(help="Host of the device.")]
PortOption = Annotated[int, typer.Option(help="TCP port of the device.", min=1, max=65535)]
SerialOption = Annotated[str | None, typer.Option(help="Serial line instead of TCP, such as /dev/ttyUSB0.")]
BaudOption = Annotated[int, typer.Option(help="Speed of the serial line.", min=50)]
ParityOption = Annotated[Parity, typer.Option(help="Parity for Modbus: N, E or O. Frames have none.")]
FramesOption = Annotated[bool, typer.Option("--frames", help="The serial line leads to a board with frames.")]
GpioOption = Annotated[bool, typer.Option("--gpio", help="The points are pins of this computer.")]


@app.command()
def profiles(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array of profiles.")] = False,
) -> None:
    """List the built-in device profiles."""
    devices = {name: load(name).device for name in names()}
    if as_json:
        found = [{"name": name, "unit": each.unit_id, "title": each.title} for name, each in devices.items()]
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, each in devices.items():
        typer.echo(f"{name}\tunit {each.unit_id}\t{each.title}")


@app.command()
def read(
    *,
    port: PortOption = 502,
    host: HostOption = "127.0.0.1",
    serial: SerialOption = None,
    baud: BaudOption = 19_200,
    parity: ParityOption = "E",
    frames: FramesOption = False,
    gpio: GpioOption = False,
    profile: ProfileOption = "underpass",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a reading.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Read every second until interrupted, through failures too.")
    ] = False,
) -> None:
    """Read every point of a device once, or again and again.

    Example:  sotdae bridge read --host 192.0.2.7 --profile underpass --watch
    """
    device = _device(profile, _line(host, port, serial, baud, parity), frames, gpio)

    async def go() -> None:
        try:
            typer.echo(_shown(device, await device.read(), as_json))
            while watch:
                await asyncio.sleep(1.0)
                try:
                    typer.echo(_shown(device, await device.read(), as_json))
                except LinkError as error:
                    typer.echo(str(error), err=True)
        finally:
            await device.close()

    _run(go())


@app.command()
def write(
    values: Annotated[list[str], typer.Argument(metavar="POINT=VALUE", help="Such as warn_closed=1.")],
    *,
    port: PortOption = 502,
    host: HostOption = "127.0.0.1",
    serial: SerialOption = None,
    baud: BaudOption = 19_200,
    parity: ParityOption = "E",
    frames: FramesOption = False,
    gpio: GpioOption = False,
    profile: ProfileOption = "underpass",
) -> None:
    """Write points, neighbours in one request.

    Example:  sotdae bridge write warn_closed=1 --host 192.0.2.7
    """
    device = _device(profile, _line(host, port, serial, baud, parity), frames, gpio)

    async def go() -> None:
        try:
            if frames:
                await device.read()  # its beat: a board takes no orders before one
            await device.write(dict(_assignment(text) for text in values))
        finally:
            await device.close()

    try:
        _run(go())
    except ValueError as error:
        _fail(2, str(error))


@app.command()
def scan(
    *,
    port: PortOption = 502,
    host: HostOption = "127.0.0.1",
    serial: SerialOption = None,
    baud: BaudOption = 19_200,
    parity: ParityOption = "E",
    first: Annotated[int, typer.Option(help="First unit to ask.", min=1, max=247)] = 1,
    last: Annotated[int, typer.Option(help="Last unit to ask.", min=1, max=247)] = 247,
    timeout_s: Annotated[
        float, typer.Option("--timeout", help="Seconds to wait for each unit.", min=0.01, max=60.0)
    ] = 0.25,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array of units.")] = False,
) -> None:
    """Ask every Modbus unit of a line whether it is there, and list those that answer. Exit code 1 if none.

    Example:  sotdae bridge scan --serial /dev/ttyUSB0 --baud 19200 --last 20
    """
    line = _line(host, port, serial, baud, parity)
    if first > last:
        _fail(2, f"--first {first} --last {last}: want the lower one first")

    async def go() -> list[int]:
        from rich.console import Console  # noqa: PLC0415 - only here
        from rich.progress import track  # noqa: PLC0415

        bus, console = ModbusBus(line, timeout_s), Console(stderr=True)
        units = track(range(first, last + 1), str(line), console=console, disable=not console.is_terminal)
        try:
            return [unit for unit in units if await bus.probe(unit)]
        finally:
            await bus.close()

    found: list[int] = _run(go())
    shown = "\n".join(f"unit {unit}" for unit in found) or "nobody answers"
    typer.echo(json.dumps(found) if as_json else shown)
    if not found:
        wrong = "" if serial is None else "--baud, --parity, "
        _fail(1, f"{line}: no unit from {first} to {last}; check {wrong}wiring, and try a longer --timeout")


@app.command()
def simulate(
    *,
    site: Annotated[Literal["underpass", "riverside"], typer.Option(help="What stands there.")] = "underpass",
    port: Annotated[int, typer.Option(help="Modbus TCP port; 0 is a free one.", min=0, max=65535)] = 0,
    control_port: Annotated[int, typer.Option(help="Control port; 0 is a free one.", min=0, max=65535)] = 0,
    truth: Annotated[Path | None, typer.Option(help="Write ground truth here as JSON lines.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the instruments' noise.")] = 0,
    camera_port: Annotated[
        int | None, typer.Option(help="Serve the scene over RTSP; 0 is a free port.", min=0, max=65535)
    ] = None,
    clip: Annotated[
        Path | None,
        typer.Option(help="Serve this file instead of the drawn scene.", exists=True, dir_okay=False),
    ] = None,
    serial: Annotated[
        Path | None, typer.Option(help="Serve Modbus RTU too, on a pseudo-terminal under this name.")
    ] = None,
    board: Annotated[
        Path | None, typer.Option(help="Serve a board with frames too, on a pseudo-terminal under this name.")
    ] = None,
) -> None:
    """Simulate an underpass, or a riverside gate, and three semi-basement alarms, until SIGTERM.

    Example:  sotdae bridge simulate --port 5020 --camera-port 8554
    """
    from sotdae_firmware_bridge.sim.run import Options  # noqa: PLC0415 - the simulator is not every command's
    from sotdae_firmware_bridge.sim.run import simulate as run_simulator  # noqa: PLC0415

    options = Options(
        site=site,
        port=port,
        control_port=control_port,
        truth=truth,
        seed=seed,
        camera_port=camera_port,
        clip=clip,
        serial=serial,
        board=board,
    )

    _run(_until_signal(run_simulator(options, lambda doors: typer.echo(json.dumps(doors)))))


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def _line(host: str, port: int, serial: str | None, baud: int, parity: Parity) -> Line:
    return Tcp(host, port) if serial is None else Serial(serial, baud, parity)


def _device(profile: str, line: Line, frames: bool, gpio: bool) -> PointDevice:
    speaks: Speaks = "gpio" if gpio else "frames" if frames else "modbus"
    try:
        return reach(load(profile), line, speaks)
    except ConfigError as error:
        typer.echo(error.listed, err=True)
        raise typer.Exit(2) from error


def _assignment(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise ValueError(f"{text!r}: want POINT=NUMBER") from None


def _shown(device: PointDevice, samples: Mapping[str, Sample], as_json: bool) -> str:
    if as_json:
        plain = {
            name: {"value": sample.value, "count": sample.count, "quality": sample.quality}
            for name, sample in samples.items()
        }
        return json.dumps(plain)
    lines = []
    for name, sample in samples.items():
        value = "missing" if sample.value is None else f"{sample.value:g}"
        lines.append(f"{name:16} {value:>10} {device.profile.points[name].unit or ''}")
    return "\n".join(lines)


def _run(work: Any) -> Any:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except LinkError as error:
        _fail(1, str(error))
    except OSError as error:
        if error.filename is None:
            _fail(1, str(error))
        _fail(2, f"{error.filename}: {error.strerror}")


def _fail(code: int, text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
