"""Faults of the gate's computer: its processes, its disk, its clock, its power."""

from dataclasses import replace

from scenarios.ladder.faults import limit_files, slow_sync, starve
from scenarios.ladder.judge import held
from scenarios.ladder.moments import after, alone, broken, flooded, lowering, rising, together_again, warning
from scenarios.ladder.play import Act, Place, Rung, Safe
from scenarios.ladder.site import Site

WATCHED = Place(watchdog=True)
HELD = Safe("HELD_OPEN: every warning closed, P1", held, alarm="gate.held_open")
WARNED = Safe("every warning closed, arm up, hub: not heard", held, unheard=True)


async def nothing(site: Site) -> None:
    """No fault: what the others are compared with."""


async def kill(site: Site) -> None:
    site.agent.child.kill()


async def freeze(site: Site) -> None:
    site.agent.child.freeze()


async def kill_dog(site: Site) -> None:
    assert site.dog is not None
    site.dog.child.kill()


async def freeze_dog(site: Site) -> None:
    assert site.dog is not None
    site.dog.child.freeze()


async def agent_off(site: Site) -> None:
    site.agent.off()


async def agent_on(site: Site) -> None:
    await site.agent.on()


async def fill(site: Site) -> None:
    assert site.disk is not None
    await site.meanwhile(site.disk.fill())


async def end_fault(site: Site) -> None:
    await site.busy.aclose()


async def abort(site: Site) -> None:
    assert site.disk is not None
    site.disk.abort()


async def new_disk(site: Site) -> None:
    assert site.disk is not None
    site.agent.off()
    site.disk.unmount()
    site.disk.mount()
    await site.agent.on()


async def no_growth(site: Site) -> None:
    limit_files(site.agent.child.pid, 0)


async def growth(site: Site) -> None:
    limit_files(site.agent.child.pid, None)


async def slow(site: Site) -> None:
    site.busy.enter_context(slow_sync(site.agent.child.pid, 0.4))


async def hungry(site: Site) -> None:
    await site.meanwhile(starve(site.agent.child))


def clock(text: str) -> Act:
    async def turn(site: Site) -> None:
        assert site.wall is not None
        site.wall.set(text)

    return turn


async def depth(site: Site, cm: float) -> None:
    await site.stack.sim("depth", cm=cm)


async def dry(site: Site) -> None:
    await depth(site, 0.0)


async def deep(site: Site) -> None:
    await depth(site, 20.0)


async def seen_open(site: Site) -> None:
    """A gate that has started anew holds the dry road open; then the water comes."""
    await site.said("-> open", times=2)
    await site.scene(lambda t: not t["sign_closed"] and t["limit_open"], "the road is open")
    await depth(site, 18.0)


async def power_back(site: Site) -> None:
    await broken(("controller", "power"), ("mains", "off"), on=False)(site)
    await site.agent.on()


YEARS, EPOCH, RIGHT = 3653, "@1970-01-01 00:00:03", "+0"
AT_1970 = clock(EPOCH)
RUNGS = (
    Rung("(none)", "nothing is done", "closes", nothing, rising),
    Rung(
        "agent killed, water rising",
        "kill -9",
        "warned within the controller's 3 s; closes once restarted",
        kill,
        rising,
    ),
    Rung(
        "agent killed, arm coming down",
        "kill -9",
        "the arm stands; the closing begins anew, warnings first",
        kill,
        lowering,
    ),
    Rung(
        "agent frozen, water rising",
        "SIGSTOP",
        "warned; killed by its unit after 10 s, then closes",
        freeze,
        rising,
    ),
    Rung(
        "agent frozen, arm coming down",
        "SIGSTOP",
        "the arm stands; killed by its unit after 10 s, then closes",
        freeze,
        lowering,
    ),
    Rung(
        "watchdog process killed",
        "kill -9, controller without watchdog",
        "the agent goes on and closes",
        kill_dog,
        rising,
        WATCHED,
    ),
    Rung(
        "watchdog process frozen",
        "SIGSTOP, controller without watchdog",
        "the agent goes on and closes",
        freeze_dog,
        rising,
        WATCHED,
        tells=("watchdog.silent",),
    ),
    Rung(
        "agent and watchdog killed at once",
        "kill -9 of both, controller without watchdog",
        "both are restarted; closes",
        after(kill, kill_dog),
        rising,
        WATCHED,
    ),
    Rung(
        "agent gone for good",
        "kill -9, does not start again, controller without watchdog",
        "the watchdog process closes the warnings; the hub shows the gate as unknown",
        agent_off,
        rising,
        WATCHED,
        WARNED,
        agent_on,
    ),
    Rung(
        "disk full",
        "a 4 MB disk (tmpfs), every free octet taken",
        "closes; the hub goes on hearing the gate",
        fill,
        rising,
        Place(disk="small"),
        mend=end_fault,
        tells=("record.failing",),
    ),
    Rung(
        "no file may grow, log included",
        "RLIMIT_FSIZE = 0",
        "closes; nothing said before is lost",
        no_growth,
        rising,
        mend=growth,
        tells=("record.failing", "state.unsaved"),
    ),
    Rung(
        "disk turns read-only",
        "ext4 on a loop device, remount,abort",
        "closes; the hub goes on hearing the gate",
        abort,
        rising,
        Place(disk="ext4"),
        mend=new_disk,
    ),
    Rung(
        "started on a read-only disk",
        "the same, then kill -9; with the watchdog process",
        "closes from memory; nothing survives a power cut, and that is told",
        after(abort, kill),
        rising,
        Place(disk="ext4", watchdog=True),
        mend=new_disk,
        tells=("storage.lost",),
    ),
    Rung(
        "disk slow",
        "every fsync takes 0.4 s more (strace)",
        "acts after 200 ms without the disk",
        slow,
        rising,
        mend=end_fault,
        tells=("state.unsaved",),
    ),
    Rung(
        "processor starved",
        "stopped for 0.4 s of every 0.5 s",
        "nothing is lowered on old news: HELD_OPEN, or closed in the moments that are left",
        hungry,
        rising,
        safe=replace(HELD, or_closed=True),
        mend=end_fault,
    ),
    Rung(
        "wall clock ten years on",
        "libfaketime, arm coming down",
        "no difference",
        clock(f"+{YEARS}d"),
        lowering,
        Place(wall=True),
    ),
    Rung(
        "wall clock ten years back",
        "libfaketime, arm coming down",
        "no difference",
        clock(f"-{YEARS}d"),
        lowering,
        Place(wall=True),
    ),
    Rung(
        "1970 at boot",
        "libfaketime, kill -9",
        "closes once restarted",
        after(AT_1970, kill),
        rising,
        Place(wall=True),
    ),
    Rung(
        "power lost and back, water rising",
        "mains off, then agent and controller off; on again at 16 cm",
        "closes once the power is back",
        after(broken(("mains", "off")), broken(("controller", "power")), agent_off, flooded, power_back),
        rising,
    ),
    Rung(
        "reboot while offline, flooded",
        "no broker, no hub, 1970; killed with its state, on again at 20 cm",
        "closes alone",
        after(alone, AT_1970, agent_off, deep, agent_on),
        rising,
        Place(wall=True),
        mend=after(clock(RIGHT), together_again),
    ),
    Rung(
        "reboot while offline, dry",
        "the same at 0 cm, arm up, nothing latched; then 18 cm",
        "watches, road open; then closes alone",
        after(alone, AT_1970, agent_off, dry, agent_on, seen_open),
        rising,
        Place(wall=True),
        mend=after(clock(RIGHT), together_again),
    ),
    Rung(
        "reboot while offline, latched",
        "killed while warning, on again at 0 cm",
        "closes: only people end it",
        after(alone, AT_1970, agent_off, dry, agent_on),
        warning,
        Place(wall=True),
        mend=after(clock(RIGHT), together_again),
    ),
)
