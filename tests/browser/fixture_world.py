"""A small province for the console's tests: nine facilities, one of them flooding, one not heard."""

import csv
import io
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from pydantic import BaseModel

from sotdae_hub.views import (
    Completeness,
    Decision,
    Event,
    Facility,
    FacilityState,
    Health,
    Incident,
    Link,
    Nonce,
    PolicyNode,
    PolicyStatus,
    RolloutView,
    SensorState,
    Series,
    SeriesPoint,
    StoreHealth,
    Thresholds,
)
from sotdae_shared.messages import CommandBody, Estimate, Eta

FLOODED = "GG-41113-UP-0007"
SILENT = "GG-41135-UP-0012"
QUIET = "GG-41465-UP-0003"
CAUTIOUS = "GG-41590-UP-0021"
HOMES = "GG-41195-SB-0002"
GAUGE = "GG-41820-CC-0001"

_PLACES = Path(__file__).with_name("fixture_places.csv")

INCIDENT = "3f9a1c77d2"
RISE_CM_MIN = 20.0
TRIP_AGO_S = 24.0
"""How long ago the flooded place tripped at 15 cm."""


def flood_level_cm(ago_s: float) -> float:
    """Level of the flooded place that many seconds ago: dry, then rising at RISE_CM_MIN."""
    return max(0.0, 15.0 + (TRIP_AGO_S - ago_s) * RISE_CM_MIN / 60)


def dried_up(ident: str, **more: Any) -> Nonce:
    """Return what a gate answers that may be reopened."""
    fields: dict[str, Any] = {
        "id": "nonce-1", "node": "gate-1", "nonce": "5e" * 16, "facility": ident, "actuator": "barrier",
        "incident": "flood-0a1b2c3d-1", "state": "closed", "tripping": False, "channels_valid": True,
        "dry_s": 2220.0, "valid_s": 300.0, "checklist": ("cctv", "on_site", "pumps"),
        "last_seq": {"kim-2026": 7, "lee-2026": 3}, "bypassed": (), "roster": {}, "release": True,
    }  # fmt: skip
    return Nonce(**(fields | more))


@dataclass
class World:
    """Everything the fixture hub answers; tests change it and publish the change."""

    now: datetime
    states: dict[str, FacilityState] = field(default_factory=dict)
    decisions: dict[str, list[Decision]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    nonces: dict[str, Nonce] = field(default_factory=dict)
    """What each gate answers to a question for a nonce; the others are silent."""
    commands: list[CommandBody] = field(default_factory=list)
    """Orders that were sent."""
    policies: PolicyStatus = field(init=False)

    def __post_init__(self) -> None:
        """Populate the province."""
        with _PLACES.open(encoding="utf-8", newline="") as rows:
            for place in csv.DictReader(rows):
                self.states[place["id"]] = self._state(place)
        self._flood_records()
        self.nonces[FLOODED] = dried_up(FLOODED)
        self.policies = self._policies()
        self.pictures[FLOODED] = picture(flood_level_cm(0))

    def ago(self, seconds: float) -> datetime:
        """Return the time that many seconds before the world was made."""
        return self.now - timedelta(seconds=seconds)

    def _state(self, place: dict[str, str]) -> FacilityState:
        ident = place["id"]
        underpass = ident[9:11] == "UP"
        silent, shut = ident == SILENT, ident == FLOODED
        level = {FLOODED: flood_level_cm(0), CAUTIOUS: 6.4}.get(ident, 0.2)
        rate = {FLOODED: RISE_CM_MIN, CAUTIOUS: 0.8}.get(ident, 0.0)
        heard = self.ago(1260 if silent else 2)
        link = Link(
            status="unknown" if silent else "online",
            since=heard if silent else self.ago(86_000),
            last_heard=heard,
        )
        barrier = "closed" if shut else "open"
        return FacilityState(
            facility=Facility.model_validate(
                place
                | {
                    "type": ident[9:11],
                    "city": ident[3:8],
                    "link": link,
                    "barrier": barrier if underpass else None,
                }
            ),
            thresholds=Thresholds(caution_cm=5, close_cm=15, unsafe_cm=30) if underpass else Thresholds(),
            at=heard,
            clock="synced",
            lane="clear" if underpass else None,
            level_cm=level if underpass else None,
            rate_cm_min=rate if underpass else None,
            estimate=_estimate(level, rate) if underpass else None,
            architecture=("1oo2" if shut else "2oo3") if underpass else None,
            sensors=_sensors(ident, level, heard),
            outputs=_outputs(shut, ident == CAUTIOUS) if underpass else {},
            alarms=("water.close", "sensor.pressure") if shut else (),
            pending=3 if shut else 0,
            completeness=Completeness(stored=48_211, dropped=0, missing=0, tail_unknown=False),
            incident=INCIDENT if shut else None,
            picture_at=self.ago(4) if shut else None,
        )

    def _flood_records(self) -> None:
        steps: tuple[tuple[float, str, str, str, tuple[str, ...]], ...] = (
            (TRIP_AGO_S - 14, "closed_proved", "closed", "lowering", ("limit switch and encoder",)),
            (TRIP_AGO_S - 6, "lane_clear", "lowering", "clearing", ("loop and curtain clear for 1 s",)),
            (TRIP_AGO_S - 5, "warned", "clearing", "pre_warn", ("warnings for 5 s",)),
            (TRIP_AGO_S, "trip", "pre_warn", "open", ("1oo2: radar, float >= 15 cm",)),
        )
        votes = {"float": "trip", "radar": "trip", "pressure": "bad"}
        self.decisions[FLOODED] = [
            Decision(
                at=self.ago(ago),
                facility=FLOODED,
                decision=decision,
                state=state,
                previous=previous,
                because=because,
                first_out="radar",
                level_cm=flood_level_cm(ago),
                rate_cm_min=RISE_CM_MIN,
                architecture="1oo2",
                votes=votes,
                incident=INCIDENT,
                verdict=None,
            )
            for ago, decision, state, previous, because in steps
        ]
        self.events[FLOODED] = [
            Event(
                at=self.ago(ago),
                facility=FLOODED,
                code=code,
                priority=priority,
                active=True,
                text=why,
                data={},
            )
            for ago, code, priority, why in (
                (TRIP_AGO_S, "water.close", 1, "1oo2: radar, float >= 15 cm"),
                (TRIP_AGO_S + 30, "water.caution", 3, "water or river at caution"),
                (104, "sensor.pressure", 3, "pressure: missing"),
            )
        ]
        self.incidents = [
            Incident(
                id=INCIDENT,
                facility=FLOODED,
                hazard="flood",
                state="active",
                opened_at=self.ago(TRIP_AGO_S),
                cleared_at=None,
                first_out="radar",
                title="Gwonseon underpass: flood",
                events=7,
            ),
            Incident(
                id="1be04c22a0",
                facility=CAUTIOUS,
                hazard="flood",
                state="cleared",
                opened_at=self.ago(18_000),
                cleared_at=self.ago(9_400),
                first_out="predicted",
                title="Byeongjeom underpass: flood",
                events=31,
            ),
        ]

    def take(self, change: BaseModel) -> None:
        """Keep a change, so that whoever asks later hears of it too."""
        if isinstance(change, FacilityState):
            self.states[change.facility.id] = change
        elif isinstance(change, Decision):
            self.decisions.setdefault(change.facility, []).insert(0, change)
        elif isinstance(change, Event):
            self.events.setdefault(change.facility, []).insert(0, change)
        elif isinstance(change, Incident):
            self.incidents = [change, *(old for old in self.incidents if old.id != change.id)]

    def series(self, ident: str, channel: str, seconds: int, points: int) -> Series:
        """Draw a channel's past from the same curve as its present."""
        step = max(2.0, seconds / points)
        out = []
        for index in range(int(seconds / step), -1, -1):
            ago = index * step
            if channel == "level_est_sigma":
                out.append(SeriesPoint(at=self.ago(ago), value=0.8, flag=1))
                continue
            base = flood_level_cm(ago) if ident == FLOODED else (self.states[ident].level_cm or 0.0)
            noise = {"radar": 0.5, "pressure": 0.35}.get(channel, 0.05) * math.sin(index * 1.7 + len(channel))
            gone = (channel == "pressure" and ident == FLOODED and ago < 105) or (180 < ago < 210)
            exact = (
                (15.0 if base >= 15 else 5.0 if base >= 5 else 0.0) if channel == "float" else base + noise
            )
            value = None if gone else max(0.0, exact)
            out.append(SeriesPoint(at=self.ago(ago), value=value, flag=9 if gone else 1))
        return Series(facility=ident, channel=channel, unit="cm", points=tuple(out))

    def _policies(self) -> PolicyStatus:
        """Return a policy that the flood keeps from going on."""
        gates = sorted(
            (ident for ident in self.states if ident[9:11] == "UP"), key=lambda x: (x == SILENT, x)
        )
        rollout = RolloutView(
            version=12, state="frozen", why=f"{FLOODED} is at caution or above", frozen_by=FLOODED,
            since=self.ago(24), ring=2, rings=(1, 1, len(gates) - 2), abort_percent=5, soak_s=300,
            left_out=(), published_at=self.ago(900), scope=("GG",), reason="Rainy season: caution at 4 cm",
            review_by=self.ago(-86_400 * 300),
        )  # fmt: skip
        told = dict(zip(gates, ((12, 12, None), (12, 11, 12)), strict=False))
        nodes = []
        for at, ident in enumerate(gates):
            desired, applied, waits = told.get(ident, (11, 11, None))
            node = PolicyNode(
                facility=ident, node=f"gate-{at}", link=self.states[ident].facility.link.status,
                desired=desired, applied=applied, waits=waits, refused=None, since=self.ago(800),
                ring=min(at, 2) + 1,
            )  # fmt: skip
            nodes.append(node)
        return PolicyStatus(rollouts=(rollout,), nodes=tuple(nodes))

    def health(self) -> Health:
        """Return the hub's own state: well."""
        return Health(
            status="ok",
            version="0.1.0",
            started_at=self.ago(7300),
            broker="connected",
            broker_since=self.ago(7299),
            journal=482_110,
            stores=(
                StoreHealth(name="metrics", offset=482_110, lag=0, rows=479_002),
                StoreHealth(name="records", offset=482_107, lag=3, rows=3_105),
            ),
            quarantined=1,
            rejected=0,
            duplicates=12,
        )


def _sensors(ident: str, level: float, at: datetime) -> tuple[SensorState, ...]:
    dead = ident == FLOODED
    rows: tuple[tuple[str, str, float | None, int], ...] = (
        ("level", "cm", level, 1),
        ("float", "cm", 15 if level >= 15 else 0, 1),
        ("radar", "cm", level + 0.3, 1),
        ("pressure", "cm", None if dead else level - 0.2, 9 if dead else 1),
        ("level_est", "cm", level, 1),
        ("level_est_sigma", "cm", 0.8, 1),
        ("eta_unsafe_s", "s", 21, 1),
        ("rain_rate", "mm/h", 61.5 if dead else 3.0, 1),
        ("river_stage", "cm", 412, 2),
    )
    if ident == GAUGE:
        rows = rows[-1:]
    elif ident == HOMES:
        rows = (("home.h1", "cm", 0, 1), ("home.h2", "cm", 0, 1), ("home.h3", "cm", None, 9))
    return tuple(SensorState(channel=c, unit=u, value=v, flag=f, at=at) for c, u, v, f in rows)


def _estimate(level: float, rate: float) -> Estimate:
    ahead = {"close": 15.0, "unsafe": 30.0}
    eta = {
        name: Eta(s=(cm - level) / rate * 60, sigma_s=(cm - level) / rate * 15)
        for name, cm in ahead.items()
        if rate > 0.5 and cm > level
    }
    return Estimate(level_cm=level, level_sigma_cm=0.4, rate_cm_min=rate, rate_sigma_cm_min=0.3, eta=eta)


def _outputs(shut: bool, caution: bool) -> dict[str, bool | None]:
    return {
        "sign_closed": shut,
        "sign_caution": caution,
        "flasher_on": shut or caution,
        "siren_on": shut,
        "limit_open": not shut,
        "limit_closed": shut,
    }


def picture(level_cm: float) -> bytes:
    """Draw a rainy underpass mouth as a JPEG."""
    image = Image.new("RGB", (640, 360), (52, 58, 64))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 640, 120), fill=(96, 104, 112))
    draw.polygon(((120, 120), (520, 120), (640, 360), (0, 360)), fill=(70, 74, 78))
    draw.rectangle((210, 60, 430, 190), fill=(24, 26, 28))
    surface = 330 - int(level_cm * 4)
    draw.polygon(((60, surface), (580, surface), (640, 360), (0, 360)), fill=(92, 84, 62))
    for stripe in range(8):
        draw.rectangle((60 + stripe * 66, 236, 92 + stripe * 66, 250), fill=(214, 214, 210))
        draw.rectangle((93 + stripe * 66, 236, 125 + stripe * 66, 250), fill=(190, 44, 40))
    for drop in range(120):
        x, y = (drop * 97) % 640, (drop * 53) % 360
        draw.line((x, y, x - 3, y + 12), fill=(150, 160, 168))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
