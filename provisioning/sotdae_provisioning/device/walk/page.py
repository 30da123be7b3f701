"""The report as one HTML file that needs nothing else, drawn from the signed data and from nothing beside it.

Everything from outside is escaped; there is no script. The data themselves stand in the page, so that one
file is the report: `data_of` takes them out again, and a page that shows anything else than its data is found
out by drawing it anew.
"""

import json
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template

from sotdae_edge.panel.terms import Lang
from sotdae_provisioning.device.walk.chart import svg
from sotdae_provisioning.device.walk.kept import Kept, Seal, read
from sotdae_provisioning.device.walk.result import Measured, Result, State, Walk
from sotdae_provisioning.device.walk.words import (
    MARKS,
    finding_text,
    said,
    step_title,
    value_text,
    value_title,
)
from sotdae_shared.errors import ConfigError
from sotdae_shared.units import KST

_BEGIN, _END = '<script type="application/json" id="report">', "</script>"
_LANG = '<html lang="'
_HEAD = ("facility", "name", "node")
"""Shown in the head already."""


def page(kept: Kept, lang: Lang) -> str:
    """Return the report of a walk, whole."""
    walk = kept.walk
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    template = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
    data = json.dumps(kept.model_dump(mode="json"), ensure_ascii=True).replace("<", "\\u003c")
    word = walk.verdict.value
    return template.substitute(
        lang=lang, style=style, begin=_BEGIN, data=data, end=_END,
        title=escape(f"{_label(lang, 'title')} {walk.place.facility}"), heading=_label(lang, "title"),
        verdict=word, verdict_word=escape(said("states", lang, word)), place=_place(walk),
        facts=_facts(walk, lang), table=_table(walk, lang),
        steps="".join(_step(lang, result) for result in walk.results), seals=_seals(kept, lang),
    )  # fmt: skip


def data_of(text: str, source: str) -> tuple[Kept, Lang]:
    """Return the data in a page, and its language. ConfigError if there are none."""
    _, found, rest = text.partition(_BEGIN)
    raw, ended, _ = rest.partition(_END)
    if not (found and ended):
        raise ConfigError(source, ["is no report: there are no data in this page"])
    lang: Lang = "ko" if text.partition(_LANG)[2].startswith("ko") else "en"
    return read(raw.encode(), source), lang


def _place(walk: Walk) -> str:
    place = walk.place
    also = [place.name_en, place.disambiguation, f"{place.lat:.5f}, {place.lon:.5f}"]
    lines = "".join(f"<span>{escape(each)}</span>" for each in also if each)
    return (
        f"<h1>{escape(place.name)}</h1>"
        f'<p class="where"><b>{escape(place.facility)}</b><span>{escape(place.node)}</span>{lines}</p>'
    )


def _facts(walk: Walk, lang: Lang) -> str:
    facts = [
        ("technician", walk.technician), ("began", _time(walk.began)), ("ended", _time(walk.ended)),
        ("program", walk.software), ("config", walk.config_sha256),
    ]  # fmt: skip
    rows = "".join(f"<div><dt>{_label(lang, name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts)
    return f"<dl>{rows}</dl>"


def _table(walk: Walk, lang: Lang) -> str:
    rows = []
    for number, step in enumerate(walk.steps, 1):
        found = walk.of(step)
        state = State.NOT_DONE if found is None else found.state
        said_first = finding_text(lang, found.findings[0])[0] if found and found.findings else ""
        rows.append(
            f'<tr class="{state}"><td class="number">{number}</td>'
            f'<td><a href="#{_anchor(step)}">{escape(step_title(lang, step))}</a></td>'
            f"<td>{_badge(lang, state)}</td><td>{escape(said_first)}</td></tr>"
        )
    head = f"<th></th><th>{_label(lang, 'step')}</th><th>{_label(lang, 'result')}</th><th></th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _step(lang: Lang, result: Result) -> str:
    values = "".join(
        f"<div><dt>{escape(value_title(lang, each.name))}</dt><dd>{_value(lang, each)}</dd></div>"
        for each in result.measured
        if each.name not in _HEAD
    )
    findings = "".join(_finding(lang, *finding_text(lang, each)) for each in result.findings)
    plots = "".join(_plot(lang, result, number) for number in range(len(result.plots)))
    # Only the alphabet of base64 gets into the address.
    picture = "".join(c for c in result.picture or "" if c.isascii() and (c.isalnum() or c in "+/="))
    shown = f'<img alt="{_label(lang, "title")}" src="data:image/jpeg;base64,{picture}">' if picture else ""
    return (
        f'<section id="{_anchor(result.step)}" class="{result.state}">'
        f"<h2>{escape(step_title(lang, result.step))} {_badge(lang, result.state)}"
        f"<small>{result.at.astimezone(KST):%H:%M:%S} · {result.took_s:g} s</small></h2>"
        f"{findings}<dl>{values}</dl>{plots}{shown}</section>"
    )


def _value(lang: Lang, each: Measured) -> str:
    text = escape(value_text(lang, each.value, each.unit))
    return f"<code>{text}</code>" if isinstance(each.value, str) and len(each.value) > 40 else text


def _finding(lang: Lang, text: str, mend: str) -> str:
    advice = f"<b>{_label(lang, 'mend')}:</b> {escape(mend)}" if mend else ""
    return f'<p class="finding">{escape(text)} {advice}</p>'


def _plot(lang: Lang, result: Result, number: int) -> str:
    plot = result.plots[number]
    along = _label(lang, "count") if plot.name in ("rtt", "sync") else "s"
    title = f"{value_title(lang, plot.name)}, {plot.unit}"
    drawn = svg(plot, title, along)
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawn}</figure>" if drawn else ""


def _seals(kept: Kept, lang: Lang) -> str:
    shown = "".join(_seal(seal, lang) for seal in kept.seals)
    missing = "" if any(seal.role == "technician" for seal in kept.seals) else _label(lang, "none")
    unsigned = f'<p class="finding">{missing}</p>' if missing else ""
    return f"<h2>{_label(lang, 'signatures')}</h2>{shown}{unsigned}<p>{_label(lang, 'check')}</p>"


def _seal(seal: Seal, lang: Lang) -> str:
    who = escape(seal.name) if seal.role == "technician" else f"{_label(lang, 'device')} {escape(seal.name)}"
    public = f"{_label(lang, 'public')} <code>{escape(seal.public)}</code>"
    return f'<div class="seal"><b>{who}</b><p>{public}</p><p><code>{escape(seal.signature)}</code></p></div>'


def _badge(lang: Lang, state: State) -> str:
    return f'<span class="badge {state}">{MARKS[state]} {escape(said("states", lang, state))}</span>'


def _anchor(step: str) -> str:
    return escape(step.replace(":", "-"), quote=True)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S KST")


def _label(lang: Lang, name: str) -> str:
    return escape(said("labels", lang, name))
