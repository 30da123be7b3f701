"""The underpass dashboard: water against its thresholds, what the gate did, and how far to believe it."""

import json
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from sotdae_hub.grafana.panels import SOURCE, chart, flag_of, number, timeline, value_of

UID = "sotdae-underpass"
STAGES = {0: ("normal", "green"), 1: ("caution", "yellow"), 2: ("close", "red")}
ON_OFF = {0: ("off", "text"), 1: ("on", "blue")}
FLAGS = {
    1: ("pass", "green"),
    2: ("not evaluated", "text"),
    3: ("suspect", "yellow"),
    4: ("fail", "red"),
    9: ("missing", "purple"),
}
"""The words of `Flag`, with a colour each."""


def underpass(caution_cm: float = 5.0, close_cm: float = 15.0, unsafe_cm: float = 30.0) -> dict[str, Any]:
    """Return the dashboard as Grafana's JSON; thresholds in cm, as in the site's file."""
    limits = ((caution_cm, "yellow"), (close_cm, "red"), (unsafe_cm, "purple"))
    board = (
        builders.Dashboard("Sotdae: underpass").uid(UID).tags(["sotdae"]).timezone("browser")
        .time("now-6h", "now").refresh("10s").readonly()
        .with_variable(_source()).with_variable(_facility())
        .with_panel(number(
            "Last heard · 마지막 수신", "Age of the newest report. Silence is unknown, never well.", "s",
            f'time() - max(timestamp({flag_of("level")}))', ((10.0, "yellow"), (60.0, "red")),
        ))
        .with_panel(chart(
            "Water level · 수위", "Sensors, the voted and the filtered level, against the limits.",
            "lengthcm", value_of("radar", "pressure", "float", "level", "level_est"), limits,
        ))
        .with_panel(chart(
            "Rate of rise · 상승 속도", "Voted and filtered rate in cm a minute; the design flood rises 20.",
            "suffix: cm/min", value_of("rate", "rate_est"),
        ))
        .with_panel(chart(
            "Time left · 도달 예상 시간", "Until the filtered level is at close and unsafe, while it rises.",
            "s", value_of("eta_close_s", "eta_unsafe_s"),
        ))
        .with_panel(chart(
            "Error of the estimate · 추정 오차", "One sigma of the filtered level; it decides nothing.",
            "lengthcm", value_of("level_est_sigma"),
        ))
        .with_panel(timeline("Stage · 단계", "What the gate holds to be true.", value_of("stage"), STAGES))
        .with_panel(timeline(
            "Barrier and warnings · 차단기", "Read back from the controller, not what was ordered.",
            value_of("limit_open", "limit_closed", "sign_closed", "sign_caution", "flasher_on", "siren_on"),
            ON_OFF,
        ))
        .with_panel(timeline(
            "Sensor quality · 센서 상태", "Quality flags after QARTOD.",
            flag_of("radar", "pressure", "float", "river_stage", "rain_rate"), FLAGS,
        ))
        .with_panel(chart(
            "River · 하천", "Stage above datum; a site may close dry on it.", "lengthcm",
            value_of("river_stage"),
        ))
        .with_panel(chart("Rain · 강우", "Rain gauge.", "suffix: mm/h", value_of("rain_rate")))
        .with_panel(chart(
            "Messages waiting and dropped · 대기/폐기", "The edge's outbox: what the hub does not hold yet.",
            "short", value_of("pending", "dropped"),
        ))
    )  # fmt: skip
    built: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    return built


def _source() -> builders.DatasourceVariable:
    return builders.DatasourceVariable("source").label("Metrics").type("prometheus")


def _facility() -> builders.QueryVariable:
    names = "label_values(reading_flag, facility)"
    return (
        builders.QueryVariable("facility")
        .label("Facility")
        .query({"query": names, "refId": "facilities"})
        .datasource(SOURCE)
        .refresh(dashboard.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    )
