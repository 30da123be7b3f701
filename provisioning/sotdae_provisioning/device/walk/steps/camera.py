"""What the camera sees: one picture, through the source that the agent's witness uses."""

import base64
import time
from contextlib import closing

from sotdae_provisioning.device.walk.kept import replace
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_shared.errors import ConfigError, LinkError

SKIPPED_FRAMES = 5
"""A camera's first pictures may be grey while its shutter settles."""
FLAT = 4.0
"""Standard deviation of levels (of 255) below which a picture shows nothing: lens cap, fog, no signal."""


def check(kit: Kit) -> Notes:
    """Take a picture, judge whether it shows anything, and ask a person whether it shows the arm."""
    notes, camera = Notes(), kit.config.camera
    if camera is None:
        notes.find(State.NOT_FITTED, "camera.none")
        return notes
    kit.ask.doing("camera.looking")
    try:
        picture = _picture(camera.url, kit, notes)
    except ModuleNotFoundError as error:
        notes.find(State.NOT_DONE, "camera.no_library", library=error.name)
        return notes
    except (LinkError, ConfigError) as error:
        notes.fault("camera.silent", because=str(error)[:200])
        return notes
    notes.picture = base64.b64encode(picture).decode()
    place = kit.beside.with_name(f"{kit.beside.stem}-camera.jpg")
    replace(place, picture)
    shown = kit.ask.yes("camera.shows_arm", file=str(place))
    if shown is False:
        notes.fault("camera.wrong_view")
    elif shown is None:
        notes.find(State.SKIPPED, "left_open")
    return notes


def _picture(url: str, kit: Kit, notes: Notes) -> bytes:
    from sotdae_edge.vision.picamera import PiCameraSource  # an extra of its own
    from sotdae_edge.vision.snapshot import jpeg
    from sotdae_edge.vision.source import AvSource

    now = kit.clock.monotonic
    source = (
        PiCameraSource.of_url(url, now) if url.startswith("picamera2:") else AvSource(url, now, time.sleep)
    )
    began = now()
    with closing(source.frames()) as frames:  # type: ignore[type-var]
        for _, frame in zip(range(SKIPPED_FRAMES), frames, strict=False):
            last = frame
    notes.measure("pictures", SKIPPED_FRAMES / max(now() - began, 0.001), "/s")
    contrast = float(last.picture.std())
    notes.measure("size", f"{last.picture.shape[1]} x {last.picture.shape[0]}")
    notes.measure("contrast", contrast)
    if contrast < FLAT:
        notes.fault("camera.flat", contrast=round(contrast, 1))
    return jpeg(last.picture)
