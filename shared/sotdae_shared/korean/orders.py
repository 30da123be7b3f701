"""What a gate says of orders: granted, refused, released, bypassed."""

ORDERS: dict[str, str] = {
    "two people, dry, nonce fresh": "두 사람, 마름, 유효한 논스",
    "{0:thing} bypassed by {1:people} for {2} min: {3:free}": "{0} {2}분 우회, {1}: {3}",
    "channel:{0:thing} bypassed by {1:people} for {2} min: {3:free}": "{0} {2}분 우회, {1}: {3}",
    "{0:thing}: bypassed by {1:people} for {2} min: {3:free}": "{0}: {2}분 우회, {1}: {3}",
    "bypassed by {0:people} for {1} min: {2:free}": "{1}분 우회, {0}: {2}",
    "{0:order} of {1:thing} by {2:people}": "{1} {0} 지시: {2}",
    "{0:order} of channel:{1:thing} by {2:people}": "{1} {0} 지시: {2}",
    "{0:order} by {1:people} at {2:holder}": "{0} 지시: {1} ({2})",
    "retained: a kept message is never an order": "보관된 메시지: 지시로 받지 않음",
    "queued: it came over a connection that has ended": "대기열에 있던 것: 이미 끊긴 연결로 왔음",
    "wrong gate: for {0}": "다른 게이트: {0} 앞으로 온 것",
    "unknown actuator {0} to {1:order}": "{1} 대상으로 알 수 없는 장치 {0}",
    "unsigned": "서명 없음",
    "unknown key {0}": "알 수 없는 열쇠 {0}",
    "bad signature of {0}": "{0}의 서명이 틀림",
    "denied key {0}": "폐기된 열쇠 {0}",
    "clock untrusted: cannot judge an order to {0:order}": "시계를 믿을 수 없음: {0} 지시를 판단할 수 없음",
    "expired": "기한 지남",
    "lives too long: more than {0} s": "유효 시간이 너무 김: {0}초 초과",
    "replayed: sequence {0} is not above {1}": "재사용된 지시: 순번 {0}, {1}보다 커야 함",
    "stale: expects {0:state}, the gate is {1:state}": "상태 바뀜: 지시는 ‘{0}’, 게이트는 ‘{1}’",
    "stale: the gate is {0:state}": "상태 바뀜: 게이트는 ‘{0}’",
    "stale: the nonce was given in state {0:state}": "상태 바뀜: 논스는 ‘{0}’일 때 받은 것",
    "other incident: this one is {0}": "다른 상황: 지금은 {0}",
    "held closed by {0:holder}": "통제 유지 중: {0}",
    "test: only while the gate is open and calm": "시험: 열려 있고 평온할 때만",
    "test: another one is under way": "시험: 다른 시험이 진행 중",
    "one person: a reopening needs two": "한 사람: 개방에는 두 사람 필요",
    "not closed: the gate is {0:state}": "통제 상태 아님: 게이트는 ‘{0}’",
    "unknown nonce: ask the gate for one": "알 수 없는 논스: 게이트에 새로 요청",
    "nonce expired": "논스 기한 지남",
    "hazard present": "위험 원인이 남아 있음",
    "sensor missing: a reopening needs every level channel that is not bypassed": (
        "센서 없음: 개방하려면 우회하지 않은 수위 채널이 모두 유효해야 함"
    ),
    "not dry for {0} min: {1} min so far": "{0}분 동안 마르지 않음: 지금까지 {1}분",
    "checklist: not confirmed: {0:checked}": "점검표: 확인 안 됨: {0}",
    "no release key in the gate's file: name the hub's under [[release]], or open at the panel": (
        "게이트 파일에 해제 열쇠 없음: [[release]]에 허브의 열쇠를 적거나 현장 조작반에서 개방"
    ),
    # bypass
    "bypass: no reason given": "우회: 사유 없음",
    "bypass: no end given: want lasts_s": "우회: 끝나는 시각 없음: lasts_s 필요",
    "bypass: longer than {0} h": "우회: {0}시간보다 김",
    "bypass: no other channel would be left to vote": "우회: 투표할 다른 채널이 남지 않음",
    "bypass: the channel reads water, and so does another": "우회: 이 채널과 다른 채널이 물을 읽고 있음",
    "one person: a bypass that {0:said} needs two": "한 사람: {0} 우회는 두 사람 필요",
    "reads water": "물을 읽는 채널의",
    "leaves one channel": "채널 하나만 남기는",
    "not bypassed: {0:thing}": "우회 중이 아님: {0}",
    "{0:thing}: ended by a restart": "{0}: 다시 시작되어 우회 종료",
    "{0:thing}: the bypass by {1:people} was ended by {2:said}; it votes again": (
        "{0}: {1}의 우회 종료 ({2}), 다시 투표함"
    ),
    "a restart": "다시 시작",
    "its time": "기한",
    # the hub's release, and what ends a wait for it
    "nothing waits for a release": "해제 승인을 기다리는 지시 없음",
    "waits {0} s for the hub's release": "허브의 해제 승인을 {0}초 기다림",
    "refused by the hub: {0:said}": "허브가 거부: {0}",
    "released by {0}: {1:said}": "{0}의 해제 승인: {1}",
    "no release by the hub within {0} s": "{0}초 안에 허브의 해제 승인이 없음",
    "retained: a kept message is never a release": "보관된 메시지: 해제 승인으로 받지 않음",
    "late: the wait is over": "늦음: 기다림이 끝났음",
    "unknown nonce: not the one that was given for this order": "알 수 없는 논스: 이 지시에 준 논스가 아님",
    "other order: {0} waits": "다른 지시: 기다리는 것은 {0}",
    "unknown key {0}: not under [[release]] in the gate's file": (
        "알 수 없는 열쇠 {0}: 게이트 파일의 [[release]]에 없음"
    ),
    "the link to the hub was lost while it waited for a release": (
        "해제 승인을 기다리는 동안 허브 연결이 끊김"
    ),
    "another deny list came while it waited for a release": "해제 승인을 기다리는 동안 다른 폐기 목록이 옴",
    "overtaken by order {0}": "다른 지시가 앞지름: {0}",
    "malformed: {0:said}": "형식 오류: {0}",
    "carried for {0:holder}; nothing else is open here": "{0} 지시를 전달함, 이곳에 다른 상황 없음",
    "asked {0} s ago: too late": "{0}초 전 요청: 너무 늦음",
    "this hub did not carry the order": "이 허브가 전달한 지시가 아님",
    "carried to {0} of {1}": "전달한 곳은 {1}의 {0}",
    "the order names incident {0}": "지시에 적힌 상황은 {0}",
    "this hub knows no such incident to be open": "이 허브가 아는 진행 중인 상황이 아님",
    "another incident is open here: {0:hazard} {1}": "이곳에 다른 상황이 진행 중: {0} {1}",
    # the deny list
    "no deny list: whose keys still count is not known": "폐기 목록 없음: 어느 열쇠가 유효한지 알 수 없음",
    "deny list {0} is {1} days old: more than {2}": "폐기 목록 {0}: {1}일 지남, {2}일까지만 유효",
    "{0:said}; on the deny list: {1}": "{0}; 폐기 목록에 있음: {1}",
    "no deny list: by signature a gate can be closed and nothing else; the key remains": (
        "폐기 목록 없음: 서명으로는 통제만 가능, 현장 열쇠는 작동"
    ),
    "the deny list is {0} days old: nobody can reopen by signature; the key remains": (
        "폐기 목록이 {0}일 지남: 서명으로 개방할 수 없음, 현장 열쇠는 작동"
    ),
}
