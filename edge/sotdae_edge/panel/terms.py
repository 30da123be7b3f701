"""The panel's words in English and Korean. Machine words without an entry are shown as they are.

What the agent says in English (reasons, alarms, refusals) has its Korean in `sotdae_shared.korean`.
"""

import os
from functools import partial
from typing import Literal, TypeVar

from sotdae_shared import korean
from sotdae_shared.errors import SotdaeError
from sotdae_shared.korean.words import WORDS as KOREAN

Lang = Literal["en", "ko"]
Told = TypeVar("Told", bound=SotdaeError)


def language() -> Lang:
    """Return the language of the environment; English unless it says Korean."""
    words = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ko" if next(filter(None, words), "").startswith("ko") else "en"


_CHECKED = KOREAN["checked"]

STATES: dict[str, str] = {
    "start": "STARTING",
    "open": "OPEN",
    "pre_warn": "WARNING BEFORE LOWERING",
    "clearing": "WAITING FOR A CLEAR LANE",
    "lowering": "LOWERING",
    "backing_off": "BACKING OFF",
    "closed": "CLOSED",
    "held_open": "HELD OPEN, WARNINGS CLOSED",
    "escape": "RAISED FOR ESCAPE",
    "partial": "PARTLY DOWN",
    "obstructed": "OBSTRUCTED",
    "fault": "ARM FAULT",
    "opening": "OPENING",
    "manual": "MANUAL KEY",
    "unknown": "UNKNOWN",
}

WORDS: dict[str, tuple[str, str]] = {
    # labels
    "stage": ("Stage", "단계"),
    "why": ("Why", "근거"),
    "ahead": ("Ahead", "예측"),
    "context": ("Around", "주변"),
    "lane": ("Lane", "차로"),
    "arm": ("Arm", "차단기"),
    "lamps": ("Warnings", "경고"),
    "voice": ("Voice", "음성"),
    "voice.silent": ("silent", "없음"),
    "voice.caution": ("caution", "주의"),
    "voice.leave": ("LEAVE THE RIVERSIDE", "하천변에서 나가십시오"),
    "voice.closed": ("closed", "통제 중"),
    "test": ("Test", "시험"),
    "dry": ("Dry", "마름"),
    "link": ("Hub", "허브"),
    "alarm": ("Alarm", "경보"),
    "last": ("Last", "최근"),
    # values
    "stage.unknown": ("UNKNOWN", "확인불가"),
    "stage.normal": ("NORMAL", "정상"),
    "stage.caution": ("CAUTION", "주의"),
    "stage.close": ("CLOSE", "진입통제"),
    "flag.1": ("good", "양호"),
    "flag.2": ("not judged", "미평가"),
    "flag.3": ("suspect", "의심"),
    "flag.4": ("FAILED", "실패"),
    "flag.9": ("MISSING", "없음"),
    "vote.trip": ("TRIP", "작동"),
    "vote.dry": ("dry", "마름"),
    "vote.abstain": ("abstains", "기권"),
    "vote.bad": ("no vote", "불량"),
    "clear": ("clear", "비어 있음"),
    "occupied": ("OCCUPIED", "차량 있음"),
    "unknown": ("UNKNOWN", "알 수 없음"),
    "loop_occupied": ("loop", "루프"),
    "curtain_blocked": ("curtain", "광커튼"),
    "camera": ("camera", "카메라"),
    "camera.none": ("none", "없음"),
    "camera.silent": ("SILENT", "응답 없음"),
    "camera.occupied": ("sees something", "물체 보임"),
    "camera.nothing": ("sees nothing", "보이는 것 없음"),
    "proved.open": ("PROVED OPEN", "열림 확인"),
    "proved.closed": ("PROVED CLOSED", "닫힘 확인"),
    "proved.none": ("NOT PROVED", "미확인"),
    "limits": ("limits open/closed", "스위치 열/닫"),
    "key": ("key", "열쇠"),
    "inside": ("REQUEST FROM INSIDE", "내부 탈출 요청"),
    "on": ("on", "켜짐"),
    "off": ("off", "꺼짐"),
    "yes": ("yes", "예"),
    "no": ("no", "아니오"),
    "sign_closed": ("sign", "진입금지"),
    "flasher_on": ("flasher", "경광등"),
    "siren_on": ("siren", "사이렌"),
    "sign_caution": ("caution", "주의"),
    "readback": ("reads back {0}", "확인 {0}"),
    "river": ("river", "하천"),
    "rain": ("rain", "강우"),
    "mains": ("mains", "상용전원"),
    "mains.ok": ("ok", "정상"),
    "mains.lost": ("LOST, on battery", "상실, 배터리 사용"),
    "rising": ("{0} cm/min", "{0} cm/분"),
    "reaches": ("{0} in {1} ±{2}", "{0} {1} ±{2} 뒤"),
    "eta.caution": ("caution", "주의"),
    "eta.close": ("close", "통제"),
    "eta.unsafe": ("UNSAFE", "위험"),
    "bypassed": ("BYPASSED by {0}, {1} left: {2}", "우회 중: {0}, {1} 남음: {2}"),
    "lock": ("locked", "잠김"),
    "release": ("INSIDE HANDLE HELD", "내부 손잡이 당김"),
    "closes_at": ("closes at {0} cm", "통제 {0} cm"),
    "nothing_latched": ("nothing is latched", "발동된 원인 없음"),
    "ordered_by": ("ordered by {0}", "{0} 지시"),
    "dry_so_far": ("{0} of {1} needed to reopen", "개방에 필요한 {1} 중 {0}"),
    "not_dry": ("not all dry; {0} needed to reopen", "모두 마르지 않음, 개방에 {0} 필요"),
    "hub.none": ("none configured", "설정 없음"),
    "hub.connected": ("connected", "연결됨"),
    "hub.lost": ("NOT CONNECTED", "연결 끊김"),
    "heard": ("heard {0} ago", "{0} 전 수신"),
    "pending": ("{0} waiting", "대기 {0}건"),
    "dropped": ("{0} DROPPED", "폐기 {0}건"),
    "clock": ("clock", "시계"),
    "clock.synced": ("synced", "동기됨"),
    "clock.holdover": ("holdover", "자체 유지"),
    "clock.untrusted": ("UNTRUSTED: it cannot judge an open", "믿을 수 없음: 개방 판단 불가"),
    "leave": (
        "q leaves the screen, Esc a question; the gate goes on",
        "화면 끝내기 q, 질문 취소 Esc. 게이트는 계속 작동합니다",
    ),
    "seconds": ("{0} s", "{0}초"),
    "minutes": ("{0} min", "{0}분"),
    "hours": ("{0} h", "{0}시간"),
    "no_alarm": ("none", "없음"),
    "controller_silent": ("CONTROLLER SILENT", "제어기 응답 없음"),
    "drill": ("DRILL", "훈련"),
    "since": ("since {0}, {1}", "{0}부터, {1}"),
    "accepted": ("accepted", "수락"),
    "refused": ("REFUSED", "거부"),
    "silent": ("NO WORD FROM THE AGENT since {0} ({1})", "{0}부터 에이전트 응답 없음 ({1})"),
    "never": ("NO WORD FROM THE AGENT yet", "에이전트 응답 아직 없음"),
    "keys": (
        "c close  o open  t test  b bypass  arrows scroll  ? help  q quit",
        "c 닫기  o 열기  t 시험  b 우회  화살표 이동  ? 도움말  q 끝",
    ),
    # asking
    "esc": ("Esc leaves", "Esc 취소"),
    "close.ask": (
        "CLOSE {0}?  {1} signs.  Type  close  and Enter.",
        "{0} 통제?  {1} 서명.  close 입력 후 Enter.",
    ),
    "open.first": ("OPEN {0} needs two people. First person:", "{0} 개방은 두 사람 필요. 첫째 사람:"),
    "open.second": ("Second person, another key:", "둘째 사람, 다른 열쇠:"),
    "key.file": ("key file?", "열쇠 파일?"),
    "key.secret": ("passphrase of {0}?", "{0} 암호?"),
    "key.stranger": (
        "{0} is nobody's on this gate's roster: add it to the gate's file, restart the agent",
        "{0}: 이 시설 명단에 없는 열쇠 — 시설 설정 파일의 [[roster]]에 넣고 에이전트를 다시 시작하십시오",
    ),
    "check.ask": (
        "{0}  {1}: done and seen to?  Type  yes  and Enter.",
        "{0}  {1}: 확인했습니까?  yes 입력 후 Enter.",
    ),
    "check.cctv": ("tunnel seen empty by camera", _CHECKED["cctv"]),
    "check.on_site": ("road walked and inspected on site", _CHECKED["on_site"]),
    "check.pumps": ("pumps run, road pumped dry", _CHECKED["pumps"]),
    "open.sign": (
        "OPEN {0}: {1}, now {2}, incident {3}.  {4}: type  open  and Enter.",
        "{0} 개방: {1}, 현재 {2}, 상황 {3}.  {4}: open 입력 후 Enter.",
    ),
    "approve.title": (
        "You are about to sign an order to OPEN a road:",
        "도로를 개방하라는 명령에 서명합니다:",
    ),
    "approve.facility": ("facility", "시설"),
    "approve.called": ("which the hub calls", "허브가 부르는 이름"),
    "approve.incident": ("incident", "상황"),
    "approve.state": ("it must still be", "그때까지 유지될 상태"),
    "approve.reason": ("reason", "사유"),
    "approve.attested": ("you attest", "확인한 사항"),
    "approve.until": ("void after", "효력 끝나는 시각"),
    "approve.nonce": ("over the gate's nonce", "게이트 논스"),
    "approve.key": ("you sign as", "서명하는 열쇠"),
    "approve.type": ("Type  open  to sign", "서명하려면  open  입력"),
    "approve.left": ("nothing was signed", "서명하지 않았습니다"),
    "check.sweep": (
        "the trail behind the gate walked, nobody left",
        _CHECKED["sweep"],
    ),
    "bypass.which": (
        "Bypass a channel, or end a bypass: {0}?  Type its name.",
        "채널 우회 또는 우회 해제: {0}?  이름 입력.",
    ),
    "bypass.unknown": ("no channel {0} here", "{0}: 없는 채널"),
    "bypass.why": ("{0}: why does it not vote?", "{0}: 우회 사유?"),
    "bypass.long": ("{0}: for how many minutes (1 to 1440)?", "{0}: 몇 분 동안 (1~1440)?"),
    "bypass.minutes": ("want 1 to 1440 minutes", "1~1440분을 입력하십시오"),
    "bypass.first": ("BYPASS {0} for {1} min. You:", "{0} 우회 {1}분. 본인:"),
    "bypass.second": (
        "Second person (needed if it reads water or leaves one channel), Enter for none:",
        "둘째 사람 (물을 읽거나 채널 하나만 남을 때 필요), 없으면 Enter:",
    ),
    "bypass.sign": (
        "{0} out of the vote for {1} min: {2}.  {3}: type  bypass  and Enter.",
        "{0} 투표 제외 {1}분: {2}.  {3}: bypass 입력 후 Enter.",
    ),
    "restore.sign": (
        "{0} votes again.  {1}: type  restore  and Enter.",
        "{0} 다시 투표.  {1}: restore 입력 후 Enter.",
    ),
    "test.which": ("Test what: {0}?  Type its name.", "무엇을 시험: {0}?  이름 입력."),
    "test.unknown": ("nothing called {0} can be tested here", "{0}: 시험할 수 없음"),
    "test.lamps": (
        "Every sign and flasher lights for 3 s.  {1}: type  test  and Enter.",
        "전광판과 경광등이 3초간 켜집니다.  {1}: test 입력 후 Enter.",
    ),
    "test.siren": (
        "THE SIREN SOUNDS for 3 s.  {1}: type  test  and Enter.",
        "사이렌이 3초간 울립니다.  {1}: test 입력 후 Enter.",
    ),
    "test.not_open": ("a full stroke begins at an open gate", "차단기 왕복 시험은 열린 상태에서만 가능"),
    "test.stroke": (
        "THE ROAD CLOSES until two people open it (o).  {0}: type  close  and Enter.",
        "도로가 통제되며 두 사람이 개방(o)해야 열립니다.  {0}: close 입력 후 Enter.",
    ),
    "test.wet": (
        "Stand {0} in a bucket within 10 min; it goes on voting.  {1}: type  test  and Enter.",
        "10분 안에 {0} 물통 시험; 계속 투표합니다.  {1}: test 입력 후 Enter.",
    ),
    "open.blocked": ("The gate will not open: {0}", "개방 불가: {0}"),
    "tripping": ("a cause to close is present", "통제 원인 있음"),
    "channel_missing": ("a level channel is not valid", "유효하지 않은 수위 채널 있음"),
    "nothing_closed": ("nothing is closed", "통제된 상태가 아님"),
    "asking": ("asking the gate ...", "요청 중 ..."),
    "cancelled": ("nothing was sent", "보내지 않음"),
    "too_slow": ("given up: not finished in {0}", "{0} 안에 끝나지 않아 취소"),
    "unheard": ("no word from the agent: nothing can be asked of it now", "에이전트 응답 없음: 요청 불가"),
}

HELP: dict[Lang, tuple[str, ...]] = {
    "en": (
        "c  close the gate. One person, any state. The warnings come first, then the arm.",
        "o  open the gate. Two people, each with a key file and its passphrase; all dry",
        "   for the whole time; the checklist done. Everything within 5 minutes.",
        "t  try lamps, siren, a full stroke (closes!), a channel in a bucket; only while",
        "   open.",
        "b  take a level channel out of the vote, with a reason and an end; or let it",
        "   vote again.",
        "up, down, page up, page down  scroll     q  leave the screen; the gate goes on.",
        "A dash (–) is unknown, never zero. ! wants your eye, !! is life safety.",
        "A lamp shows what was asked; `reads back` tells where the controller disagrees.",
        "The local key switch goes before everything here.",
    ),
    "ko": (
        "c  통제(닫기). 한 사람, 어떤 상태에서든. 경고가 먼저, 그다음 차단기.",
        "o  개방(열기). 두 사람, 각자 열쇠 파일과 암호. 정해진 시간 내내 마르고",
        "   점검표를 마친 뒤. 5분 안에 모두 끝냅니다.",
        "t  경고등, 사이렌, 차단기 왕복(통제됨!), 수위 채널(물통) 시험. 열려 있을 때만.",
        "b  수위 채널을 사유와 시한을 정해 투표에서 제외, 또는 다시 투표에 넣기.",
        "위, 아래, PgUp, PgDn  이동     q  화면 끝내기. 게이트는 계속 작동합니다.",
        "줄표(–)는 ‘알 수 없음’이며 0이 아닙니다. ! 확인 필요, !! 인명 안전.",
        "경고는 지시한 상태이고, ‘확인’은 제어기가 다르게 답할 때 나타납니다.",
        "현장 열쇠 스위치가 이 화면보다 우선합니다.",
    ),
}


def term(lang: Lang, word: str, *values: object) -> str:
    """Return a word of the table with its values put in; a word that is not there as it is."""
    if word in WORDS:
        return WORDS[word][lang == "ko"].format(*values)
    return named(lang, "state", word) if lang == "ko" else STATES.get(word, word)


def state_term(lang: Lang, state: str) -> str:
    """Return a state in the language, and in Korean with the English word beside it."""
    english = STATES.get(state, state)
    return english if lang == "en" else f"{korean.named('state', state)}  {english}"


def named(lang: Lang, kind: str, name: str) -> str:
    """Return a name of some kind, such as a channel: in Korean by the words of that kind, else as it is."""
    return name if lang == "en" else korean.named(kind, name)


def said(lang: Lang, text: str) -> str:
    """Return what the agent said in English, in the language."""
    return text if lang == "en" else korean.in_korean(text)


def worded(lang: Lang, error: Told) -> Told:
    """Return an error as it is told in the language."""
    return error.said(partial(said, lang))
