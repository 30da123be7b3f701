"""Train the arm-zone model on drawn scenes and write it as tflite (float32) with its model card.

The training libraries are heavy (about 2 GB) and pin their own numpy, so they live in an environment apart:

    python3.11 -m venv .venv-train
    .venv-train/bin/pip install torch==2.13.0 litert-torch==0.10.0 pillow pydantic
    PYTHONPATH=edge:firmware_bridge:shared nice .venv-train/bin/python tools/train_armzone.py

About six minutes on one core. The same seed draws the same scenes; weights may differ in the last digits
between processors.
"""

import argparse
import hashlib
import io
import random
import time
from collections.abc import Iterator
from pathlib import Path

import litert_torch
import numpy as np
import torch
from PIL import Image
from torch import nn

from sotdae_edge.vision.armzone import INPUT_HEIGHT, INPUT_WIDTH, THRESHOLD, model_input
from sotdae_edge.vision.loader import load
from sotdae_edge.vision.picture import Picture, Zone
from sotdae_firmware_bridge.sim.draw import ARM_ZONE, draw
from sotdae_firmware_bridge.sim.lens import gap_m, span_m
from sotdae_firmware_bridge.sim.view import SceneView, VehicleView

OUT = Path("edge/sotdae_edge/vision/models")
TRAIN, TEST = 14_000, 3_000
EPOCHS, BATCH = 30, 64
UNCLEAR_M = 0.6
"""Scenes where the nearest thing is closer than this but not under the arm are nobody's to judge."""
CARD = """# armzone.tflite

**It knows drawings only.** It was trained on scenes that Sotdae's simulator draws and has never seen a
photograph. It exists so that a fresh clone can infer end to end; on a real camera use YOLOX-Nano
(`sotdae models`).

| | |
|---|---|
| answers | is a vehicle or a person under the barrier's arm? one number, 0 to 1; occupied from {threshold} |
| input | 1 x {height} x {width} x 3 float32, RGB 0 to 1: the arm zone cut out of the picture and resized |
| network | 4 convolutions and 2 dense layers, {parameters} parameters, float32, {size} bytes |
| made by | `tools/train_armzone.py`, seed {seed}, {train} drawn scenes, {epochs} epochs |
| took | {seconds:.0f} s of one core |
| sha256 | `{sha256}` |
| licence | Apache-2.0, as Sotdae; no outside data |

Measured on {test} drawn scenes held out (another seed; rain, night, water, any arm angle, compressed
pictures), run as tflite in {runtime}:

| | |
|---|---|
| accuracy | {accuracy:.4f} |
| recall (occupied found) | {recall:.4f} of {occupied} |
| false alarms (clear called occupied) | {false:.4f} of {clear} |
| recall, person alone under the arm | {recall_person:.4f} of {person} |
| recall at night (night > 0.6) | {recall_night:.4f} of {night} |

Left out of both sets: scenes where the nearest thing is less than {unclear} m from the space under the arm
but not in it, and scenes where a truck in the same lane hides that space from the camera.
"""


class Net(nn.Module):
    """The network; takes NHWC so that the tflite file does too."""

    def __init__(self) -> None:
        """Lay out the layers."""
        super().__init__()
        layers: list[nn.Module] = []
        for inside, outside, stride in ((3, 12, 2), (12, 20, 2), (20, 28, 2), (28, 28, 1)):
            layers += [nn.Conv2d(inside, outside, 3, stride, 1), nn.BatchNorm2d(outside), nn.ReLU()]
        layers += [nn.Conv2d(28, 8, 1), nn.ReLU(), nn.Flatten()]
        area = (INPUT_WIDTH // 8) * (INPUT_HEIGHT // 8)
        self.body = nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(8 * area, 16), nn.ReLU())
        self.head = nn.Linear(16, 1)

    def logits(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the answer before the sigmoid, which training wants."""
        return self.head(self.body(pictures.permute(0, 3, 1, 2)))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the score, 0 to 1."""
        return torch.sigmoid(self.logits(pictures))


def vehicle(dice: random.Random) -> VehicleView:
    kind = dice.choices(("car", "truck", "person"), (4, 2, 4))[0]
    length_m = {"car": dice.uniform(3.6, 5.0), "truck": dice.uniform(6.0, 10.0), "person": 0.5}[kind]
    lane, middle_m = dice.randrange(2), dice.gauss(0, 3.5) if dice.random() < 0.7 else dice.uniform(-9, 18)
    front_m = middle_m + length_m / 2 * (1 if lane == 0 else -1)
    return VehicleView(front_m, lane, length_m, kind, dice.randrange(100))


def scene(dice: random.Random) -> SceneView:
    sign = dice.choice(("off", "caution", "closed"))
    return SceneView(
        depth_cm=dice.choice((0.0, dice.uniform(0, 30), dice.uniform(0, 90))),
        arm_deg=dice.choice((90.0, 0.0, dice.uniform(0, 90))),
        vehicles=tuple(vehicle(dice) for _ in range(dice.choice((0, 1, 1, 1, 2, 2, 3)))),
        rain_mm_h=dice.choice((0.0, dice.uniform(0, 40), dice.uniform(20, 110))),
        sign=sign,
        flasher=sign == "closed" and dice.random() < 0.9,
        siren=dice.random() < 0.3,
        clock_text="",
        night=dice.choice((0.0, dice.random(), dice.random(), 1.0)),
    )


def judged(view: SceneView) -> bool | None:
    """Tell whether something is under the arm; None when the scene is not fit to judge."""
    under = [v for v in view.vehicles if gap_m(v) == 0]
    if not under:
        return None if any(gap_m(v) < UNCLEAR_M for v in view.vehicles) else False
    hiding = {v.lane for v in view.vehicles if v.kind == "truck" and span_m(v)[1] < -0.5}
    return None if all(v.lane in hiding for v in under) else True


def seen(view: SceneView, dice: random.Random) -> Picture:
    """Draw a scene and send it through a poor camera: compression, noise, brightness."""
    buffer = io.BytesIO()
    Image.fromarray(draw(view, phase_s=dice.uniform(0, 1000))).save(
        buffer, "JPEG", quality=dice.randint(25, 90)
    )
    picture = np.asarray(Image.open(buffer)).astype(np.float32)
    noise = np.random.default_rng(dice.randrange(2**32)).normal(0, dice.uniform(0, 6), picture.shape)
    return np.clip(picture * dice.uniform(0.85, 1.15) + noise, 0, 255).astype(np.uint8)


def scenes(seed: int, count: int) -> Iterator[tuple[SceneView, bool, np.ndarray]]:
    """Draw `count` scenes, half of them occupied."""
    dice, want, zone = random.Random(seed), True, Zone(*ARM_ZONE)
    for _ in range(count):
        view = scene(dice)
        while judged(view) is not want:
            view = scene(dice)
        jitter = [side + dice.uniform(-0.008, 0.008) for side in ARM_ZONE]
        yield view, want, model_input(seen(view, dice), Zone(*jitter) if dice.random() < 0.7 else zone)[0]
        want = not want


def train(seed: int) -> Net:
    torch.manual_seed(seed)
    drawn = list(scenes(seed, TRAIN))
    pictures = torch.from_numpy(np.stack([picture for _, _, picture in drawn]))
    wanted = torch.tensor([[float(occupied)] for _, occupied, _ in drawn])
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    steps = EPOCHS * (TRAIN // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(TRAIN).split(BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(net.logits(pictures[batch]), wanted[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1}/{EPOCHS} loss {total / TRAIN:.4f}", flush=True)
    return net.eval()


def measure(path: Path, seed: int) -> dict[str, object]:
    """Score the tflite file itself on scenes it was not trained on."""
    model = load(path)
    drawn = list(scenes(seed, TEST))
    called = np.array([float(model.run(picture[None])[0].item()) >= THRESHOLD for _, _, picture in drawn])
    occupied = np.array([truth for _, truth, _ in drawn])
    night = occupied & np.array([view.night > 0.6 for view, _, _ in drawn])
    person = occupied & np.array(
        [{v.kind for v in view.vehicles if gap_m(v) == 0} == {"person"} for view, _, _ in drawn]
    )
    return {
        "accuracy": (called == occupied).mean(),
        "recall": called[occupied].mean(),
        "false": called[~occupied].mean(),
        "recall_person": called[person].mean(),
        "recall_night": called[night].mean(),
        "occupied": occupied.sum(),
        "clear": (~occupied).sum(),
        "person": person.sum(),
        "night": night.sum(),
        "runtime": model.runtime,
        "test": TEST,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=2007)
    seed = parser.parse_args().seed
    torch.set_num_threads(1)
    began = time.process_time()
    net = train(seed)
    seconds = time.process_time() - began
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "armzone.tflite"
    sample = torch.zeros(1, INPUT_HEIGHT, INPUT_WIDTH, 3)
    litert_torch.convert(net, (sample,)).export(str(path))
    raw = path.read_bytes()
    facts = {
        "threshold": THRESHOLD, "height": INPUT_HEIGHT, "width": INPUT_WIDTH, "size": len(raw), "seed": seed,
        "parameters": sum(p.numel() for p in net.parameters()), "train": TRAIN, "epochs": EPOCHS,
        "seconds": seconds, "sha256": hashlib.sha256(raw).hexdigest(), "unclear": UNCLEAR_M,
    }  # fmt: skip
    card = CARD.format(**facts, **measure(path, seed + 1))
    (OUT / "armzone.md").write_text(card)
    print(card)


if __name__ == "__main__":
    main()
