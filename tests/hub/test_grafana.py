"""The dashboard asks for series that the hub writes, and a Grafana server takes it."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from hub_kit import GATE, Pen
from metrics_server import flush, victoria_metrics
from need import until
from typer.testing import CliRunner

from sotdae_hub.adapters.grafana import GrafanaServer
from sotdae_hub.adapters.influx import InfluxMetrics
from sotdae_hub.grafana.cli import dashboards_app
from sotdae_hub.grafana.underpass import FLAGS, STAGES, UID, underpass
from sotdae_hub.ports import Entry
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import Kind
from sotdae_shared.units import Flag
from sotdae_shared.wire import decode

TOKEN = "glsa_test"
CHANNELS = {"radar": "cm", "pressure": "cm", "float": "cm", "level": "cm", "rate": "cm/min",
            "river_stage": "cm", "rain_rate": "mm/h", "level_est": "cm", "level_est_sigma": "cm",
            "rate_est": "cm/min", "eta_close_s": "s", "eta_unsafe_s": "s"}  # fmt: skip
OUTPUTS = dict.fromkeys(
    ("sign_closed", "sign_caution", "flasher_on", "siren_on", "limit_open", "limit_closed"), False
)


class Double(ThreadingHTTPServer):
    """Keeps to Grafana's dashboard API: token, schema version, overwrite, lookup by uid."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, dict[str, Any]] = {}
        self.broken = False
        self.url = f"http://127.0.0.1:{self.server_address[1]}/grafana"

    def save(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        board = order["dashboard"]
        if board.get("id") is not None or board.get("schemaVersion") != 41 or not board.get("title"):
            return 400, {"message": "bad dashboard"}
        if order.get("folderUid") not in (None, "floods"):
            return 404, {"message": "folder not found"}
        before = self.kept.get(board["uid"])
        if before is not None and not order.get("overwrite"):
            return 412, {"message": "a dashboard with the same uid already exists", "status": "name-exists"}
        version = 1 if before is None else before["meta"]["version"] + 1
        meta = {"version": version, "folderUid": order.get("folderUid")}
        self.kept[board["uid"]] = {"dashboard": {**board, "id": 1, "version": version}, "meta": meta}
        path = f"/grafana/d/{board['uid']}/sotdae"
        return 200, {"status": "success", "id": 1, "uid": board["uid"], "url": path, "version": version}


class _Handler(BaseHTTPRequestHandler):
    server: Double

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.broken:
            self._answer(502, {"message": "bad gateway"})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"message": "Invalid API key"})
        elif self.path != "/grafana/api/dashboards/db":
            self._answer(404, {"message": "not found"})
        else:
            self._answer(*self.server.save(order))

    def do_GET(self) -> None:
        uid = self.path.removeprefix("/grafana/api/dashboards/uid/")
        found = self.server.kept.get(uid)
        self._answer(*((200, found) if found else (404, {"message": "Dashboard not found"})))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(dashboards_app, list(words))
    assert done.exit_code == code, done.output
    return done.output


def queries(board: dict[str, Any]) -> list[tuple[str, str]]:
    """Every panel's title and query."""
    return [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]


def seed(url: str, ledger: Path) -> None:
    """Write what one gate says, through the hub's own adapter."""
    # A server holds back the newest half minute: these are older.
    pen = Pen(at=datetime.now(UTC) - timedelta(seconds=120))
    readings = [{"channel": name, "unit": unit, "value": 7.5, "flag": 1} for name, unit in CHANNELS.items()]
    messages = [pen.write(Kind.TELEMETRY, {"readings": readings}), pen.health(outputs=OUTPUTS, pending=3)]
    with closing(InfluxMetrics(url, "sotdae", "sotdae", "", ledger)) as store:
        store.project([Entry(n, pen.at, decode(raw), 0) for n, (_, raw, _) in enumerate(messages, 1)], 2)
    flush(url)


def ask(url: str, expr: str) -> list[dict[str, Any]]:
    with urlopen(f"{url}/api/v1/query?{urlencode({'query': expr})}", timeout=5) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result


def test_every_query_of_the_dashboard_finds_series_that_the_hub_wrote(tmp_path: Path) -> None:
    board = underpass()
    with victoria_metrics(tmp_path) as url:
        seed(url, tmp_path / "ledger.sqlite3")
        (variable,) = [each for each in board["templating"]["list"] if each["name"] == "facility"]
        assert variable["query"]["query"] == "label_values(reading_flag, facility)"
        until(lambda: [each["metric"]["facility"] for each in ask(url, "count(reading_flag) by (facility)")])
        assert ask(url, "count(reading_flag) by (facility)")[0]["metric"]["facility"] == GATE.facility
        assert len(queries(board)) == 11
        for title, expr in queries(board):
            found = ask(url, expr.replace("$facility", GATE.facility))
            assert found, f"{title}: {expr}"
            wanted = re.search(r'channel=~"([^"]+)"', expr)
            assert wanted
            if "channel" in found[0]["metric"]:
                assert {each["metric"]["channel"] for each in found} == set(wanted[1].split("|")), title
        assert not ask(url, queries(board)[1][1].replace("$facility", "GG-41113-UP-9999"))


def test_the_thresholds_of_the_site_are_drawn_and_every_flag_and_stage_has_a_word() -> None:
    level = next(panel for panel in underpass(4, 12, 28)["panels"] if panel["title"].startswith("Water"))
    steps = level["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, 4, 12, 28]
    assert level["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    assert set(FLAGS) == {flag.value for flag in Flag}
    assert set(STAGES) == {0, 1, 2}


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in underpass()["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_is_pushed_once_and_replaced_when_pushed_again(double: Double, token: Path) -> None:
    told = json.loads(run("push", "--url", double.url, "--token-file", str(token), "--json"))
    assert told == {"ok": True, "uid": UID, "path": f"/grafana/d/{UID}/sotdae"}
    run("push", "--url", double.url + "/", "--token-file", str(token), "--close", "12", "--folder", "floods")
    with urlopen(f"{double.url}/api/dashboards/uid/{UID}", timeout=5) as answer:
        kept = json.load(answer)
    assert kept["meta"] == {"version": 2, "folderUid": "floods"}
    assert kept["dashboard"]["panels"] == underpass(close_cm=12)["panels"]


def test_a_refusal_is_told_with_the_servers_reason(double: Double, token: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("nobody")
    assert "Unauthorized" in run("push", "--url", double.url, "--token-file", str(wrong), code=2)
    words = ("push", "--url", double.url, "--token-file", str(token))
    assert "folder not found" in run(*words, "--folder", "nowhere", code=2)
    with closing(GrafanaServer(double.url, TOKEN)) as server, pytest.raises(ConfigError, match="bad dash"):
        server.push({**underpass(), "schemaVersion": 36})
    assert not double.kept


def test_a_server_that_fails_or_is_not_there_may_work_later(double: Double) -> None:
    double.broken = True
    with closing(GrafanaServer(double.url, TOKEN)) as server, pytest.raises(LinkError, match="502"):
        server.push(underpass())
    with closing(GrafanaServer("http://127.0.0.1:1", TOKEN)) as server, pytest.raises(LinkError):
        server.push(underpass())


def test_an_address_or_token_file_that_cannot_be_used_is_told(tmp_path: Path, token: Path) -> None:
    assert "want http(s)" in run("push", "--url", "grafana:3000", "--token-file", str(token), code=2)
    assert "cannot be read" in run(
        "push", "--url", "http://127.0.0.1:1", "--token-file", str(tmp_path / "none"), code=2
    )


def test_is_written_to_a_file_as_grafana_imports_it(tmp_path: Path) -> None:
    file = tmp_path / "underpass.json"
    assert str(file) in run("export", "--out", str(file))
    assert json.loads(file.read_text()) == underpass() == json.loads(run("export"))
