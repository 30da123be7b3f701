"""A small province for the console's tests: nine facilities, one of them flooding, one not heard."""

import io
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from PIL import Image, ImageDraw
from sotdae_hub.views import (
    Completeness,
    Decision,
    Event,
    Facility,
    FacilityState,
    Health,
    Incident,
    Link,
    SensorState,
    Series,
    SeriesPoint,
    StoreHealth,
    Thresholds,
)

FLOODED = "GG-41113-UP-0007"
SILENT = "GG-41135-UP-0012"
QUIET = "GG-41465-UP-0003"
CAUTIOUS = "GG-41590-UP-0021"
HOMES = "GG-41195-SB-0002"
GAUGE = "GG-41820-CC-0001"

# id, Korean name, English name, Korean city, English city, line that tells it apart, latitude, longitude, stage
_PLACES = (
    (FLOODED, "권선 지하차도", "Gwonseon underpass", "수원시", "Suwon", "1번 국도 → 오산 방향", 37.249, 127.012, "close"),
    (CAUTIOUS, "병점 지하차도", "Byeongjeom underpass", "화성시", "Hwaseong", "84번 지방도 → 동탄 방향", 37.206, 127.033, "caution"),
    (SILENT, "분당 제2지하차도", "Bundang underpass 2", "성남시", "Seongnam", "탄천로 → 서울 방향", 37.378, 127.115, "normal"),
    (QUIET, "수지 지하차도", "Suji underpass", "용인시", "Yongin", "43번 국도 → 수원 방향", 37.322, 127.094, "normal"),
    ("GG-41280-UP-0005", "행주 지하차도", "Haengju underpass", "고양시", "Goyang", "자유로 → 파주 방향", 37.612, 126.829, "normal"),
    ("GG-41480-UP-0009", "금촌 지하차도", "Geumchon underpass", "파주시", "Paju", "1번 국도 → 문산 방향", 37.757, 126.775, "normal"),
    (HOMES, "소사 반지하 2구역", "Sosa homes, block 2", "부천시", "Bucheon", "소사동 12–18번지", 37.478, 126.797, "normal"),
    ("GG-41670-UP-0001", "여주 지하차도", "Yeoju underpass", "여주시", "Yeoju", "37번 국도 → 이천 방향", 37.297, 127.635, "normal"),
    (GAUGE, "가평 하천 수위표", "Gapyeong river gauge", "가평군", "Gapyeong", "북한강 합류점", 37.829, 127.512, "normal"),
)  # fmt: skip

RISE_CM_MIN = 20.0
TRIP_AGO_S = 24.0
"""How long ago the flooded place tripped at 15 cm."""


def flood_level_cm(ago_s: float) -> float:
    """Level of the flooded place that many seconds ago: dry, then rising at RISE_CM_MIN."""
    return max(0.0, 15.0 + (TRIP_AGO_S - ago_s) * RISE_CM_MIN / 60)


@dataclass
class World:
    """Everything the fixture hub answers; tests change it and publish the change."""

    now: datetime
    states: dict[str, FacilityState] = field(default_factory=dict)
    decisions: dict[str, list[Decision]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Populate the province."""
        for place in _PLACES:
            self.states[place[0]] = self._state(place)
        self._flood_records()
        self.pictures[FLOODED] = picture(flood_level_cm(0))

    def ago(self, seconds: float) -> datetime:
        """Return the time that many seconds before the world was made."""
        return self.now - timedelta(seconds=seconds)

    def _state(self, place: tuple[str, str, str, str, str, str, float, float, str]) -> FacilityState:
        ident, name, name_en, city, city_en, line, lat, lon, stage = place
        underpass = "-UP-" in ident
        silent = ident == SILENT
        level = {FLOODED: flood_level_cm(0), CAUTIOUS: 6.4}.get(ident, 0.2) if underpass else None
        shut = ident == FLOODED
        facility = Facility(
            id=ident, type=ident[9:11], name=name, name_en=name_en, disambiguation=line, city=ident[3:8],
            city_name=city, city_name_en=city_en, lat=lat, lon=lon, stage=stage,
            barrier=("CLOSED" if shut else "OPEN") if underpass else None,
            link=Link(
                status="unknown" if silent else "online", since=self.ago(1260 if silent else 86_000),
                last_heard=self.ago(1260 if silent else 2),
            ),
        )  # fmt: skip
        return FacilityState(
            facility=facility,
            thresholds=Thresholds(caution_cm=5, close_cm=15, unsafe_cm=30) if underpass else Thresholds(),
            at=self.ago(1260 if silent else 2), clock="synced", lane="clear" if underpass else None,
            level_cm=level, rate_cm_min={FLOODED: RISE_CM_MIN, CAUTIOUS: 0.8}.get(ident, 0.0) if underpass else None,
            architecture="2oo3" if underpass else None,
            sensors=self._sensors(ident, level), outputs=_outputs(shut, ident == CAUTIOUS) if underpass else {},
            alarms=("sensor_fault",) if shut else (), pending=3 if shut else 0,
            completeness=Completeness(stored=48_211, dropped=0, missing=0, tail_unknown=False),
            incident="3f9a1c77d2" if shut else None, picture_at=self.ago(4) if shut else None,
        )  # fmt: skip

    def _sensors(self, ident: str, level: float | None) -> tuple[SensorState, ...]:
        at = self.ago(1260 if ident == SILENT else 2)
        if level is None:
            channel = "river_stage" if ident == GAUGE else "water_2cm"
            return (SensorState(channel=channel, unit="cm", value=142 if ident == GAUGE else 0, flag=1, at=at),)
        dead = ident == FLOODED
        rows: tuple[tuple[str, str, float | None, int], ...] = (
            ("float", "cm", 15 if level >= 15 else 0, 1),
            ("radar_level", "cm", level + 0.3, 1),
            ("pressure_level", "cm", None if dead else level - 0.2, 9 if dead else 1),
            ("rain_rate", "mm/h", 61.5 if dead else 3.0, 1),
            ("river_stage", "cm", 412, 2),
        )
        return tuple(SensorState(channel=c, unit=u, value=v, flag=f, at=at) for c, u, v, f in rows)

    def _flood_records(self) -> None:
        steps: tuple[tuple[float, str, str, str, tuple[str, ...]], ...] = (
            (TRIP_AGO_S - 13, "barrier", "CLOSED", "LOWERING", ("closed limit reached", "arm angle 0.4°")),
            (TRIP_AGO_S - 5.5, "barrier", "LOWERING", "CLEARING", ("lane clear: loop free, curtain free",)),
            (TRIP_AGO_S - 5, "barrier", "CLEARING", "PRE_WARN", ("warned for 5.0 s", "sign, flasher and siren read back")),
            (TRIP_AGO_S, "close", "PRE_WARN", "OPEN",
             ("radar_level 15.1 cm ≥ 15.0 cm", "float trips", "1oo2: pressure_level does not answer")),
            (TRIP_AGO_S + 30, "caution", "OPEN", "OPEN", ("radar_level 5.0 cm ≥ 5.0 cm",)),
        )  # fmt: skip
        votes = {"float": "trip", "radar_level": "trip", "pressure_level": "bad"}
        self.decisions[FLOODED] = [
            Decision(
                at=self.ago(ago), facility=FLOODED, decision=decision, state=state, previous=previous,
                because=because, first_out="radar_level" if ago <= TRIP_AGO_S else None,
                level_cm=flood_level_cm(ago), rate_cm_min=RISE_CM_MIN, architecture="1oo2", votes=votes,
                incident="3f9a1c77d2", verdict=None,
            )
            for ago, decision, state, previous, because in steps
        ]  # fmt: skip
        self.events[FLOODED] = [
            Event(
                at=self.ago(95), facility=FLOODED, code="sensor_fault", priority=2, active=True,
                text="pressure_level: no answer for 10 s", data={},
            )
        ]  # fmt: skip
        self.incidents = [
            Incident(
                id="3f9a1c77d2", facility=FLOODED, hazard="flood", state="active", opened_at=self.ago(TRIP_AGO_S),
                cleared_at=None, first_out="radar_level", title="Gwonseon underpass: flood", events=7,
            ),
            Incident(
                id="1be04c22a0", facility=CAUTIOUS, hazard="flood", state="cleared", opened_at=self.ago(18_000),
                cleared_at=self.ago(9_400), first_out="predicted", title="Byeongjeom underpass: flood", events=31,
            ),
        ]  # fmt: skip

    def series(self, ident: str, channel: str, seconds: int, points: int) -> Series:
        """Draw a channel's past from the same curve as its present."""
        step = max(2.0, seconds / points)
        out = []
        for index in range(int(seconds / step), -1, -1):
            ago = index * step
            base = flood_level_cm(ago) if ident == FLOODED else (self.states[ident].level_cm or 0.0)
            noise = 0.25 * math.sin(index * 1.7) + 0.1 * math.sin(index * 5.1)
            gone = (channel == "pressure_level" and ident == FLOODED and ago < 105) or (180 < ago < 210)
            value = None if gone else max(0.0, base + noise)
            out.append(SeriesPoint(at=self.ago(ago), value=value, flag=9 if gone else 1))
        return Series(facility=ident, channel=channel, unit="cm", points=tuple(out))

    def health(self) -> Health:
        """Return the hub's own state: well."""
        return Health(
            status="ok", version="0.1.0", started_at=self.ago(7300), broker="connected", broker_since=self.ago(7299),
            journal=482_110, stores=(
                StoreHealth(name="metrics", offset=482_110, lag=0, rows=479_002),
                StoreHealth(name="records", offset=482_107, lag=3, rows=3_105),
            ),
            quarantined=1, rejected=0, duplicates=12,
        )  # fmt: skip


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
