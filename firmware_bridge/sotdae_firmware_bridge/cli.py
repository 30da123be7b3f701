"""`sotdae bridge`: read and write devices, list profiles, run the simulator."""

import asyncio
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load, names
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.samples import Sample

app = typer.Typer(name="bridge", help="Speak to field devices, or simulate them.", no_args_is_help=True)

ProfileOption = Annotated[str, typer.Option("--profile", help="Name of a built-in profile, or a TOML file.")]
HostOption = Annotated[str, typer.Option(help="Host of the device.")]
PortOption = Annotated[int, typer.Option(help="TCP port of the device.", min=1, max=65535)]


@app.command()
def profiles() -> None:
    """List the built-in device profiles."""
    for name in names():
        profile = load(name)
        typer.echo(f"{name}\tunit {profile.device.unit_id}\t{profile.device.title}")


@app.command()
def read(
    port: PortOption = 502,
    host: HostOption = "127.0.0.1",
    profile: ProfileOption = "underpass",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a reading.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Read every second until interrupted.")] = False,
) -> None:
    """Read every point of a device once, or again and again."""
    device = _device(profile, host, port)

    async def go() -> None:
        try:
            while True:
                typer.echo(_shown(device, await device.read(), as_json))
                if not watch:
                    return
                await asyncio.sleep(1.0)
        finally:
            await device.close()

    _run(go())


@app.command()
def write(
    values: Annotated[list[str], typer.Argument(metavar="POINT=VALUE...")],
    port: PortOption = 502,
    host: HostOption = "127.0.0.1",
    profile: ProfileOption = "underpass",
) -> None:
    """Write points, neighbours in one request."""
    device = _device(profile, host, port)

    async def go() -> None:
        try:
            await device.write(dict(_assignment(text) for text in values))
        finally:
            await device.close()

    try:
        _run(go())
    except ValueError as error:
        _fail(2, str(error))


@app.command()
def simulate(
    *,
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
) -> None:
    """Simulate an underpass and three semi-basement alarms as real Modbus units, until SIGTERM."""
    from sotdae_firmware_bridge.sim.run import Options  # noqa: PLC0415 - the simulator is not every command's
    from sotdae_firmware_bridge.sim.run import simulate as run_simulator  # noqa: PLC0415

    options = Options(
        port=port, control_port=control_port, truth=truth, seed=seed, camera_port=camera_port, clip=clip
    )

    async def go() -> None:
        task = asyncio.ensure_future(run_simulator(options, lambda doors: typer.echo(json.dumps(doors))))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    _run(go())


def _device(profile: str, host: str, port: int) -> ModbusDevice:
    try:
        return ModbusDevice(load(profile), host, port)
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(f"{error.source}: {problem}", err=True)
        raise typer.Exit(2) from error


def _assignment(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise ValueError(f"{text!r}: want POINT=NUMBER") from None


def _shown(device: ModbusDevice, samples: Mapping[str, Sample], as_json: bool) -> str:
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


def _run(work: Any) -> None:
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (LinkError, OSError) as error:
        _fail(1, str(error))


def _fail(code: int, text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(code)
