"""A cluster of semi-basement homes: two-stage alarms, heartbeats, tests, and areas that flood together.

Stages after Jongno's scheme: 2 cm calls resident and office, 15 cm calls 119 (DOMAIN 5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.areas import AREA_S, Area, Areas
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.home import MISSED, Home, HomeState, Wet, read
from sotdae_edge.core.home_alarms import UNHEARD_AFTER, conditions
from sotdae_edge.core.homes_kept import Kept, KeptArea, KeptHome
from sotdae_edge.core.rainwatch import RainSource, RainWatch
from sotdae_shared.samples import Sample


@dataclass(frozen=True, slots=True)
class Reply:
    """What a device is to hear: the hub holds what its uplink number `count` said; speak so often."""

    home: str
    point: str
    """One that it sends: the way to it."""
    count: int
    heartbeat_s: float
    asks: bool
    """Whether the device waits to hear that its alarm is held."""


@dataclass(slots=True)
class Homes:
    """All homes of one city agent. `kept` is what the last run remembered."""

    homes: tuple[Home, ...]
    boot: str
    born: float
    kept: Kept = field(default_factory=Kept)
    rain_source: RainSource | None = None
    states: dict[str, HomeState] = field(init=False)
    alarms: AlarmBook = field(init=False)
    areas: Areas = field(init=False)
    rain: RainWatch = field(init=False)
    announced: dict[str, int] = field(init=False)
    """Alarms that are surely on disk, with their priority."""
    revision: int = 0
    """Counts what a restart must remember: whoever saves compares it."""
    due: dict[str, float] = field(init=False)
    """By home: when time alone may change it."""
    fresh: bool = True
    """Nothing was taken yet."""

    def __post_init__(self) -> None:
        """Start with what the last run knew: a restart neither forgets nor calls again."""
        self.states = {home.name: self._restored(home) for home in self.homes}
        areas = [Area(each.name, list(each.homes), each.told, each.announced) for each in self.kept.areas]
        self.areas = Areas(self.homes, self.boot, areas, self.kept.episode)
        self.announced = dict(self.kept.alarms)
        self.alarms = AlarmBook(dict(self.announced), dict.fromkeys(self.announced, ""))
        self.rain = RainWatch(self.rain_source)
        if self.kept.warned and self.rain_source is not None:
            self.rain.resume(self.born)
        self.due = dict.fromkeys(self.states, self.born)

    def _restored(self, home: Home) -> HomeState:
        kept = self.kept.homes.get(home.name, KeptHome())
        state = HomeState(stage=kept.stage, pending=kept.stage, offline=kept.offline, faulty=kept.faulty)
        state.tamper = kept.tamper
        state.answers = UNHEARD_AFTER if f"home.{home.name}.unheard" in self.kept.alarms else 0
        state.heard_until = self.born + MISSED * max(home.heartbeat_s, home.warned_heartbeat_s or 0.0)
        state.wet_at = -inf if kept.wet_s is None else self.born - kept.wet_s
        battery = state.battery
        battery.cells, battery.days, battery.low = home.cells, list(kept.days), kept.low
        battery.day = battery.days[-1][0] + 1 if battery.days else 0
        return state

    def memento(self, now: float) -> Kept:
        """Return what a restart must remember."""
        areas = tuple(
            KeptArea(each.name, tuple(each.homes), each.told, each.announced) for each in self.areas.open
        )
        homes = {name: _kept(state, now) for name, state in self.states.items()}
        return Kept(self.areas.episode, areas, homes, dict(self.announced), self.rain.warned)

    def noted(self) -> None:
        """Take note that all that was said until now is on disk."""
        if self.announced == self.alarms.active and all(area.announced for area in self.areas.open):
            return
        self.announced, self.revision = dict(self.alarms.active), self.revision + 1
        for area in self.areas.open:
            area.announced = True

    def take(self, points: Mapping[str, Sample], now: float) -> list[Alarm | Decided]:
        """Take one scan and return what changed."""
        warned = self.rain.warned
        self.rain.take(points, now)
        self.revision += self.rain.warned is not warned
        heard = [home for home in self.homes if self._hear(home, points, now)]
        changed: list[Alarm | Decided] = list(self._begin(now)) if self.fresh else []
        return changed + self._step(heard, now)

    def interval_s(self, home: Home) -> float:
        """Return the heartbeat in force: a shorter one while a rain warning covers the homes."""
        shorter = home.warned_heartbeat_s
        return shorter if shorter is not None and self.rain.warned else home.heartbeat_s

    def _hear(self, home: Home, points: Mapping[str, Sample], now: float) -> bool:
        """Take what one device says; a scan counter that stands still is no news."""
        state, low = self.states[home.name], points.get(home.point_2)
        if low is None or (low.count is not None and low.count == state.count):
            return False
        seen = read(home, points)
        if seen is None:
            return False
        before = _lasting(state)
        state.hear(seen, self.interval_s(home), now)
        self.revision += _lasting(state) != before
        return True

    def _step(self, heard: Iterable[Home], now: float) -> list[Alarm | Decided]:
        looked = {home.name: home for home in heard}
        looked |= {home.name: home for home in self.homes if now >= self.due[home.name]}
        if not looked:
            return []
        decided: list[Decided] = []
        found: list[Condition] = []
        for name, home in looked.items():
            decided += self._judge(home, now)
            found += conditions(home, self.states[name], now)
        decided += self.areas.dried(self.states)
        self.revision += bool(decided)
        said = self.alarms.update(found, now)
        for code, at in self.alarms.easing.items():
            name = code.removeprefix("home.").rpartition(".")[0]
            self.due[name] = min(self.due[name], at)
        return [*said, *decided]

    def _judge(self, home: Home, now: float) -> list[Decided]:
        state = self.states[home.name]
        if not state.offline and now >= state.heard_until:
            state.offline, self.revision = True, self.revision + 1
        decided: list[Decided] = []
        if state.tick(now):
            self.revision += 1
            if state.stage > Wet.DRY:
                decided = self.areas.wetted(home.name, self.states, now)
        later = [at for at in state.deadlines() if at > now]
        self.due[home.name] = min(later, default=inf)
        return decided

    def _begin(self, now: float) -> list[Alarm | Decided]:
        """Say what the last run may not have said, and end the alarms of homes that are no longer watched."""
        self.fresh = False
        known = {f"home.{name}" for name in self.states}
        gone = [
            Condition(code, priority, False, "the home is no longer watched")
            for code, priority in self.alarms.active.items()
            if code.rpartition(".")[0] not in known
        ]
        return [*self.alarms.update(gone, now), *self.areas.again()]

    def replies(self) -> list[Reply]:
        """Return what devices wait to hear; an alarm only if the hub already holds all that was said."""
        found = []
        for home in self.homes:
            state, interval_s = self.states[home.name], self.interval_s(home)
            if state.count is None or state.count == state.answered or state.pending is not state.stage:
                continue
            if state.asks is not None or (home.warned_heartbeat_s and state.told_s != interval_s):
                found.append(Reply(home.name, home.point_2, state.count, interval_s, state.asks is not None))
        return found

    def replied(self, reply: Reply) -> None:
        """Take note of a reply that is on its way."""
        state = self.states[reply.home]
        state.answered, state.told_s = reply.count, reply.heartbeat_s
        if state.asks is not None:
            state.answers += 1
            self.due[reply.home] = self.born


def _lasting(state: HomeState) -> tuple[object, ...]:
    """Return what news may change of the things that a restart must remember; stages are watched apart."""
    return state.battery.day, state.battery.low, state.offline, state.faulty, state.tamper


def _kept(state: HomeState, now: float) -> KeptHome:
    wet_s = round(now - state.wet_at, 1) if state.stage > Wet.DRY and state.wet_at > now - AREA_S else None
    battery = state.battery
    return KeptHome(
        state.stage, state.offline, state.faulty, state.tamper, wet_s, tuple(battery.days), battery.low
    )
