"""The installers' sheet: one label a box, with its code as QR, to print and cut."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape

import segno

from sotdae_provisioning.device.rows import Row
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.pki.codes import shown
from sotdae_shared.units import KST

_STYLE = """
@page { size: A4; margin: 10mm }
@media screen { body { padding: 8mm; max-width: 210mm } }
* { box-sizing: border-box }
body { font: 10pt/1.35 "Noto Sans KR", "Noto Sans CJK KR", sans-serif; margin: 0; color: #111 }
header { word-break: keep-all }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm }
article { border: .3mm dashed #888; padding: 3mm; display: flex; gap: 4mm; break-inside: avoid }
svg { width: 42mm; height: 42mm; flex: none }
h2 { font-size: 12pt; margin: 0 0 1mm } p { margin: 0 }
.code { font: 700 12pt/1.6 monospace } .dim { color: #555 }
header { margin: 0 0 4mm }
"""


def sheet(tickets: Iterable[tuple[Row, Ticket, datetime]]) -> Iterator[str]:
    """Return the page piece by piece, each ticket with its own end; whatever the list says, it is text."""
    yield (
        '<!doctype html><html lang="ko"><meta charset="utf-8"><title>Sotdae 등록 enrolment</title>'
        f"<style>{_STYLE}</style><header>Each code is good once, until the time on its label. "
        "Destroy this sheet when the boxes have enrolled. "
        "코드는 라벨에 적힌 시각까지 한 번만 쓸 수 있습니다. "
        "등록이 끝나면 이 종이를 파기하십시오.</header><main>\n"
    )
    for row, ticket, until in tickets:
        yield _label(row, ticket, until)
    yield "</main></html>\n"


def _label(row: Row, ticket: Ticket, until: datetime) -> str:
    code = segno.make(ticket.text(), error="m").svg_inline(scale=1, omitsize=True)
    name = f"<p>{escape(row.name)}</p>" if row.name else ""
    return (
        f"<article>{code}<div><h2>{escape(row.address.node)}</h2>{name}"
        f"<p>{escape(str(row.address.facility))}</p><p>장비 box <b>{escape(row.serial)}</b></p>"
        f'<p class="code">{shown(ticket.code)}</p>'
        f"<p>기한 until {until.astimezone(KST):%Y-%m-%d %H:%M} KST</p>"
        '<p class="dim">sotdae device enrol</p></div></article>\n'
    )
