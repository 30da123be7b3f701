"""Whatever a part can say to people has its Korean words, and says the same with them."""

import re
from typing import get_args

import pytest
from shared.spoken import texts

from sotdae_edge.core.authority import Rank
from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.rising import GRADES
from sotdae_edge.core.rungs import RUNGS
from sotdae_edge.core.site import CHECKLIST, UNDERPASS_CHANNELS
from sotdae_hub.core.incidents import HAZARD_OF
from sotdae_hub.core.rollout import State as Rollout
from sotdae_shared.korean import ENTRIES, TEXTS, in_korean, patterns
from sotdae_shared.korean.words import WORDS
from sotdae_shared.messages import CommandBody

BLANK = re.compile(r"\{(\d)(?::(\w+))?\}")
KEPT = re.compile(
    r"`[^`]*`|\[+\w+\]+|--[\w-]+|chmod \S+|https?://\S+|\w+[._]\w+[\w.]*|GG-\S+|\b(GG|UP)\b"
    r"|sotdae( policy \w+)?|\b(levels|points|channels|approaches|geometry|values|scope|rings|policy)\b"
    r"|[a-z_]+ <=? [a-z_ <=]+|\b(cm|mm|ms|min|km|chmod|Ed25519|TOML|UTF|Sotdae)\b"
    r"|\((DESIGN|DOMAIN) [\d.]+\)|\b(false|approvals)\b|pip install \S+"
    r"|\b(TLS|PDF|root|errno|systemctl stop sotdae-\w+)\b|/etc/sotdae/|\.(html|svg)",
    re.ASCII,
)
"""What stays as it is in Korean: code, settings, units, sources, and the name before a colon."""

WHOLE = {
    "at least ": "self-test lamps: not passed for at least 3 d",
    "not passed for": "self-test lamps: not passed for 40 h",
    "never passed since commissioning,": "self-test wet.radar: never passed since commissioning, 40 h",
    "7 homes within 7 m in 7 min": "3 homes within 200 m in 10 min; 4 wet: A-1, A-2",
    "7; 7 wet: 7": "3 homes within 200 m in 10 min; 4 wet: A-1, A-2 and 2 more",
    " and 7 more": "grown to 8 homes: A-1, A-2 and 6 more",
    "; on the deny list: 7": "close by 7 at panel; on the deny list: 7",
    "at 7 cm/min the latest safe start is 7 cm, below caution": (
        "geometry: at 20 cm/min the latest safe start is 2.5 cm, below caution; "
        "give levels.river_trigger_cm so that it can close while dry"
    ),
    "geometry: 7; give levels.river_trigger_cm so that it can close while dry": (
        "geometry: at 20 cm/min the latest safe start is 2.5 cm, below caution; "
        "give levels.river_trigger_cm so that it can close while dry"
    ),
    "the policy kept from before the restart is not in force": (
        "the policy kept from before the restart is not in force: it cannot be read; the site's own file is"
    ),
    ": 7; the site's own file is": (
        "the policy kept from before the restart is not in force: unsigned; the site's own file is"
    ),
    "failed: 7": "wet.radar failed: never seen dry",
    "broken off": "lamps broken off",
    ", ground wet": "12 mm/h: limit 10, ground wet",
    " for 7 h": "12 mm/h: limit 10 for 2 h, ground wet",
    "have not answered": "ring 2 of 4: 1 of 9 have not answered: GG-41113-UP-0007/gate-1",
    "are not heard": "ring 2 of 4: 1 of 9 are not heard: GG-41113-UP-0007/gate-1",
    "7: 7 of 7 7: 7": "ring 2 of 4: 2 of 9 are not heard: GG-41113-UP-0007/gate-1, GG-41113-UP-0008/gate-1",
    "no gate there that takes policies is heard yet; publish when `sotdae policy status` shows its gates": (
        "scope 7: no gate there that takes policies is heard yet; "
        "publish when `sotdae policy status` shows its gates"
    ),
    "scope 7: 7": (
        "scope 7: no gate there that takes policies is heard yet; "
        "publish when `sotdae policy status` shows its gates"
    ),
    "7 nodes in 7 rings": "policy 7: running, 7 nodes in 7 rings",
    "policy 7: 7, 7": "policy 7: running, 7 nodes in 7 rings",
    "; did you mean 7?": "there is no such setting; did you mean 7?",
    "signed by ": "signed by 1 of 2 people",
    "policy 7: 7, judged at 7": "policy 7: good, judged at a plain underpass; --site judges yours",
    " (drawn by 7, this is 7)": "the page shows what was signed (drawn by 7, this is 7)",
    "the page shows what was signed7": "the page shows what was signed",
    "7; the walk: 7": "holds; the walk: complete",
    "DOES NOT HOLD": "DOES NOT HOLD; the walk: incomplete",
    "; --token-file names an operator's token": (
        "the hub refuses: status 401; --token-file names an operator's token"
    ),
    "the policy does not speak to 7: scope 7": (
        "the policy does not speak to GG-41113-UP-0007: scope 41135, 41110, types 7"
    ),
    "7, types 7": "the policy does not speak to GG-41113-UP-0007: scope 41135, types 7",
    ". Mend: set 7 to 7, or leave it out": (
        "beyond the site's own bounds: close_cm 14 is above 12. Mend: set close_cm to 12, or leave it out"
    ),
    "weaker than interlock": (
        "weaker than interlock: caution_cm 20 is above 10: local alert at 5 cm (DOMAIN 1.1)"
    ),
}
"""Parts of a text, and a whole one with each."""

NOT_SAID = {
    *("Policy 7 in 7 records", "Value error, "),  # on a plot; cut off
    "policy new",  # a place
    *(rung.gate for rung in RUNGS),  # in the docs
    "| rung | holds when | what still protects | what the gate does | `[ladder]` |",
    "| `7` (P7) | 77 | 7 | 7 | 7; may be 7 |",
    *("ladder.7: 7: want 7: 7", " for 7 s"),
    "    [*] --> start",
    *("baselines: 7 wrong fields", "memento version 7: this agent reads 7", "memento: 7 wrong fields"),
    *("kept homes of version 7: this agent reads 7", "kept homes: 7 wrong fields"),
    *("abstain", "bad", "dry"),  # names
    *("7 7 is ", "Bearer 7", "7 <= least <= most <= 7"),
}
"""What no person reads in their language."""


def english_in(text: str) -> set[str]:
    """Return the English words that are left in a text."""
    return set(re.findall("[A-Za-z]{2,}", KEPT.sub("", text)))


SPOKEN = {WHOLE.get(text, text): module for text, module in texts().items() if text not in NOT_SAID}


def test_the_texts_are_read_off_the_code() -> None:
    assert len(SPOKEN) > 300
    assert SPOKEN.keys() >= {"expired", "hazard present", "7: 7 >= 7 cm", "not seen dry again"}
    assert texts().keys() >= WHOLE.keys() | NOT_SAID


def test_every_text_that_a_part_can_say_has_korean_words() -> None:
    left = {
        (module, text): words for text, module in SPOKEN.items() if (words := english_in(in_korean(text)))
    }
    assert left == {}


def test_a_text_without_korean_words_is_noticed() -> None:
    assert english_in(in_korean("the moon is full: 7"))
    assert in_korean("the moon is full: 7") == "the moon is full: 7"


def test_every_entry_is_said_by_some_part() -> None:
    said, todo = set(), [*SPOKEN, *(signal.value.replace("_", " ") for signal in Signal), *MADE]
    for text in todo:
        said |= _used(text)
    assert {entry.korean for entry in ENTRIES} - said == set()


MADE = (
    "there is no such file: give the gate's file with --config; its service reads /etc/sotdae/gate.toml",
    "cannot be looked at: Permission denied; look as the agent's user: `sudo -u sotdae`",
    "is no report: there are no data in this page", "[Errno 7] No such file or directory: '7'",
    "floor: policy 7, site 7, roster 7; deny list 7", "deny list 7", "floor: policy 7, site 7, roster 7",
    "there is no such setting here", "[Errno 7] Connection refused", "Connect call failed 7",
    "7: wrong: 7", "7: warning: 7", "never", "7 s earlier", "7 min later", "left out: 7",
    "policy 7 done, ring 7 of 7, in force at 7 of 7", "policy 7 frozen, ring 7 of 7, in force at 7 of 7: 7",
    "policy 7: good, judged at 7", "policy 7: refused, judged at 7", "policy 7: running, 7 nodes in 7 rings",
    "version 7 was not published at this hub; there are: 7", "no policy was published at this hub yet",
    "is there already; a draft is never overwritten", "cannot be read: 7; save it as UTF-8",
    "there is no such setting; did you mean 7?", "there is no such setting", "20 cm/min (computed)",
    "1 cm/min to 14 cm (computed)", "Field required", "Input should be a valid number",
    "Input should be a valid integer", "Input should be greater than or equal to 7",
    "Input should be less than or equal to 7",
    "channel:radar bypassed by 7 for 60 min: 7", "radar: bypassed by 7 for 60 min: 7",
    "test of channel:radar by 7", "no trend", "missing", "suspect", "fail", "not_evaluated",
    "leaves one channel", "one person: a bypass that reads water needs two", "3 d", "wet.radar passed",
    "lamps", "siren", "stroke", "the kept state cannot be read: 7", "a kept state was corrupt and set aside",
    "device key /7: 7; put its copy back, or move it away for a new one",
    "history not told: 7",
    "a kept statement was corrupt and set aside",
    "the outbox was corrupt and set aside: its tail is unknown", "GG-41113-UP-0007/gate-1 refused: unsigned",
    "storage /7: 7; running from memory, nothing survives a power cut", "deny list 3 is below the floor 4",
    "GG-41113-UP-0007/gate-1 fell silent", "GG-41113-UP-0007/gate-1 has version 4 already",
    "a floor of GG-41113-UP-0007", "deny list 3 after 4 is refused", "7; 7", "cm above datum",
    "no Korean river lies outside", "`[drill]` shortens it", "dry for 30 min before people reopen",
    "panel failed and is started again: LinkError: panel: another agent answers at /7", "its time",
    "state /7: 7", "record /7: 7", "outbox /7: 7", "snapshot /7: 7", "the agent shows nothing",
    "Connection refused", "No such file or directory", "Permission denied",
    "the screen needs a terminal; scripts want  --once --json",
    "the screen needs 7: in a checkout of Sotdae,  pip install '.[panel]'",
    "panel.enabled: is false, so the agent serves no panel",
    "camera: 7. The gate goes on with loop and curtain",
    "the vision process ended with code 1; it is started again",
    "the vision process was silent for 5 s; it is started again",
)  # fmt: skip
"""Texts that are put together at run time, or said by modules whose other texts are for no person."""


def _used(text: str) -> set[str]:
    """Return the entries that a text takes, and those that its values take."""
    for pattern, entry in patterns():
        if (found := pattern.match(text)) is not None:
            inner = (value for kind, value in zip(entry.kinds, found.groups(), strict=True) if kind == "said")
            return {entry.korean}.union(*map(_used, inner))
    return set()


@pytest.mark.parametrize("text", MADE)
def test_what_is_put_together_is_korean_too(text: str) -> None:
    assert in_korean(text) != text or text == "7; 7"
    assert not english_in(in_korean(text))


def test_both_sides_of_an_entry_have_the_same_blanks() -> None:
    for english, korean in TEXTS.items():
        assert [number for number, _ in BLANK.findall(english)] == [
            str(at) for at in range(english.count("{"))
        ]
        assert {number for number, _ in BLANK.findall(korean)} == {
            number for number, _ in BLANK.findall(english)
        }, english
        kinds = {kind for _, kind in BLANK.findall(english)} - {"", "said", "free", "people", "word"}
        assert kinds <= WORDS.keys(), english


def test_no_entry_hides_another() -> None:
    for english, korean in TEXTS.items():
        sample = BLANK.sub("7", english)
        taken = next(entry for pattern, entry in patterns() if pattern.match(sample))
        assert taken.korean == korean, sample


def test_every_name_in_a_text_has_a_korean_word() -> None:
    targets = get_args(CommandBody.model_fields["target"].annotation)
    names = {
        "state": {state.value for state in State}, "stage": {stage.value for stage in Stage},
        "holder": {rank.name.lower() for rank in Rank}, "order": set(targets),
        "decision": set(targets), "rollout": {state.value for state in Rollout},
        "rung": {rung.name.replace("_", " ") for rung in RUNGS}, "checked": set(CHECKLIST),
        "grade": {grade[0] for grade in GRADES}, "hazard": {*HAZARD_OF.values()} - {"crowd", "search"},
        "thing": {channel.name for channel in UNDERPASS_CHANNELS},
    }  # fmt: skip
    assert {
        kind: found - WORDS[kind].keys() for kind, found in names.items() if found - WORDS[kind].keys()
    } == {}


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("1oo2: radar, float >= 15 cm", "1oo2: 레이더, 부표 15 cm 이상"),
        (
            "no valid level channel; rain 35 mm/h; mains lost",
            "유효한 수위 채널 없음; 강우 35 mm/h; 상용 전원 상실",
        ),
        ("stale: expects closed, the gate is open", "상태 바뀜: 지시는 ‘닫힘’, 게이트는 ‘열림’"),
        ("north: something blocks the arm; send somebody", "north: 차단기가 무엇에 막힘, 현장 출동 필요"),
        ("close by Kim and Lee at panel", "통제 지시: Kim, Lee (현장 조작반)"),
        (
            "weaker than interlock: n 1 is below 9: approvals age. Mend: set n to 9, or leave it out",
            "안전 한계보다 약함: n 1: 9 미만: 승인은 오래되면 효력이 없음. 고치려면: n = 9, 또는 빼기",
        ),
    ],
)
def test_examples(english: str, korean: str) -> None:
    assert in_korean(english) == korean


def test_what_a_person_wrote_is_left_as_it_is() -> None:
    said = in_korean("radar: bypassed by mains lost for 60 min: mains lost; hub silent")
    assert said == "레이더: 60분 우회, mains lost: mains lost; hub silent"
