"""Faults between gate and province: broker, hub, line, name."""

from scenarios.ladder.faults import BROKER_NAME
from scenarios.ladder.moments import alone, rising, together_again
from scenarios.ladder.play import Place, Rung
from scenarios.ladder.site import Site


async def kill_broker(site: Site) -> None:
    site.stack.broker.kill()


async def kill_hub(site: Site) -> None:
    site.stack.hub.kill()


async def cut(site: Site) -> None:
    site.lines["hub"].cut()


async def mend(site: Site) -> None:
    site.lines["hub"].mend()


async def forget(site: Site) -> None:
    assert site.names is not None
    site.names.forget()
    site.lines["hub"].cut()
    site.lines["hub"].mend()


async def recall(site: Site) -> None:
    assert site.names is not None
    site.names.recall()


RUNGS = (
    Rung(
        "broker gone",
        "kill -9",
        "closes alone; all is delivered later",
        kill_broker,
        rising,
        mend=together_again,
    ),
    Rung(
        "hub gone", "kill -9", "closes alone; all is delivered later", kill_hub, rising, mend=together_again
    ),
    Rung(
        "broker and hub gone",
        "kill -9 of both",
        "closes alone; all is delivered later",
        alone,
        rising,
        mend=together_again,
    ),
    Rung(
        "line to the broker cut",
        "TCP reset, then refused",
        "closes alone; all is delivered later",
        cut,
        rising,
        Place(lines=("hub",)),
        mend=mend,
    ),
    Rung(
        "DNS gone",
        f"{BROKER_NAME} no longer resolves, the resolver is silent, the connection is reset",
        "closes alone; all is delivered later",
        forget,
        rising,
        Place(named=True, lines=("hub",)),
        mend=recall,
    ),
)
