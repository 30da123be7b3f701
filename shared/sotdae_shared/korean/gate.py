"""What a gate says of water, arm, warnings and itself: reasons of its steps, and alarms."""

GATE: dict[str, str] = {
    # causes to close
    "{0}: {1:thing} >= {2} cm": "{0}: {1} {2} cm 이상",
    "{0} cm rising {1} cm/min reaches {2} cm within {3} s ({4:thing})": (
        "{0} cm에서 분당 {1} cm 상승, {3}초 안에 {2} cm 도달 ({4})"
    ),
    "river {0} cm >= trigger {1} cm": "하천 {0} cm, 통제 기준 {1} cm 이상",
    "rain {0} mm/h": "강우 {0} mm/h",
    "river {0} cm at caution": "하천 {0} cm, 주의",
    "mains lost": "상용 전원 상실",
    "hub silent": "허브 응답 없음",
    "no valid level channel": "유효한 수위 채널 없음",
    "ladder: {0:rung}": "단계별 조치: {0}",
    # steps of the barrier
    "warnings for {0} s": "경고 {0}초",
    "loop and curtain clear for {0} s": "루프·광커튼 {0}초 동안 비어 있음",
    "the lane is no longer proved clear": "차로가 비었다는 확인이 끊김",
    "not clear for {0} s": "{0}초 동안 비지 않음",
    "limit switch and encoder": "리밋 스위치와 엔코더로 확인",
    "something under the arm": "차단기 아래 물체",
    "motor stalled": "모터 멈춤",
    "no proof at the end of travel": "작동 시간이 끝나도 확인 없음",
    "the encoder shows no motion": "엔코더에 움직임 없음",
    "two people reopened": "두 사람이 개방",
    "arm proven open, nothing latched": "열림 확인, 발동된 원인 없음",
    "arm proven closed": "닫힘 확인",
    "the arm is not proven open": "열림이 확인되지 않음",
    "camera overridden after {0} s": "{0}초 뒤 카메라 판단 무시",
    "backed off": "되올림 완료",
    "escape asked": "탈출 요청",
    "key on": "현장 열쇠 돌림",
    "open proved": "열림 확인",
    "proof lost": "확인이 끊김",
    "raised": "올림 완료",
    "retries spent": "재시도를 모두 씀",
    "retry": "재시도",
    "trip": "통제 발동",
    "warned": "경고 완료",
    "lane clear": "차로 비어 있음",
    "resume close": "통제 재개",
    # alarms of arm and lane
    "queue under the arm: held open with every warning closed; send somebody": (
        "차단기 아래 정체: 경고는 모두 통제, 차단기는 열림 유지, 현장 출동 필요"
    ),
    "closed is not proved; send somebody": "닫힘 미확인, 현장 출동 필요",
    "something blocks the arm; send somebody": "차단기가 무엇에 막힘, 현장 출동 필요",
    "the arm does not obey; send somebody": "차단기가 지시대로 움직이지 않음, 현장 출동 필요",
    "exit held open: cars may still leave; send somebody": "출구 열림 유지: 차량이 나가는 중, 현장 출동 필요",
    "drill: dry for {0} s reopens": "훈련: {0}초 마르면 개방 가능",
    "the local key has been turned for a long time": "현장 열쇠가 오래 돌려져 있음",
    "the arm left its open position without an order": "지시 없이 차단기가 열림 위치를 벗어남",
    "repeated requests from inside": "내부 탈출 요청이 되풀이됨",
    "loop and curtain decide over the camera": "카메라 대신 루프·광커튼으로 판단",
    "opened from inside: somebody comes out; it closes behind them": (
        "안에서 열림: 사람이 나오는 중, 뒤따라 닫힘"
    ),
    "the lock holds though it must not": "풀려야 할 잠금장치가 잠겨 있음",
    "the lock does not hold": "잠금장치가 잠기지 않음",
    "loop or curtain failed: the arm cannot be lowered": "루프 또는 광커튼 고장: 차단기를 내릴 수 없음",
    # alarms of sensors and devices
    "water or river at caution": "수위 또는 하천이 주의 단계",
    "the barrier controller does not answer": "차단기 제어기 응답 없음",
    "the controller answers too late to prove the lane clear": (
        "제어기 응답이 늦어 차로가 비었는지 확인할 수 없음"
    ),
    "mains lost: on battery": "상용 전원 상실: 배터리 사용 중",
    "a channel has been missing for more than {0} h of running": "수위 채널 없이 {0}시간 넘게 운전",
    "no valid level channel; context decides; send somebody": (
        "유효한 수위 채널 없음, 주변 상황으로 판단, 현장 출동 필요"
    ),
    "river gauge silent: its last word ages into caution": "하천 수위계 응답 없음: 시간이 지나면 주의로 봄",
    "{0:thing}: no read-back": "{0}: 동작이 확인되지 않음",
    "activation failure: most warnings are dead": "작동 실패: 경고 장치 대부분이 꺼져 있음",
    "not_evaluated": "아직 평가되지 않음",
    "suspect": "의심스러운 값",
    "fail": "고장",
    "missing": "값 없음",
    "disagrees with the others": "다른 채널과 어긋남",
    "{0:grade}: the water rises {1} cm/min or more": "{0}: 수위가 분당 {1} cm 이상 상승",
    "{0:thing} reads {1} cm on a dry road: clean it, set its zero": (
        "{0}: 마른 도로에서 {1} cm로 읽음. 청소하고 영점 조정"
    ),
    "{0:said}; comes and goes": "{0}; 자꾸 생겼다 사라짐",
    # self-tests
    "self-test {0:said}: {1:said}": "자가 점검 {0}: {1}",
    "{0:said} passed": "{0} 통과",
    "{0:said} broken off": "{0} 중단",
    "{0:said} failed: {1:said}": "{0} 실패: {1}",
    "lamps": "경고등",
    "siren": "사이렌",
    "stroke": "차단기 왕복",
    "wet.{0:thing}": "{0} 침수 시험",
    "never passed since commissioning, {0:said}": "설치 뒤 통과한 적 없음, {0}",
    "not passed for {0:said}": "{0} 동안 통과하지 못함",
    "at least {0:said}": "{0} 이상",
    "{0} d": "{0}일",
    "{0} h": "{0}시간",
    "never seen dry": "마른 상태를 보지 못함",
    "never saw the water": "물을 보지 못함",
    "not seen dry again": "다시 마른 것을 보지 못함",
    "not seen lit: {0:thing}": "켜짐이 확인되지 않음: {0}",
    "not seen dark again: {0:thing}": "꺼짐이 확인되지 않음: {0}",
    "one vote trips: the bucket will close the gate unless the channel is bypassed": (
        "한 표로 발동: 우회하지 않으면 물통 시험에 게이트가 통제됨"
    ),
    # the ladder: what is lost, and what is left
    "{0:said}; left: {1:said}": "{0}; 남은 보호: {1}",
    "nothing heard of the hub for `hub_silent`": "`hub_silent` 동안 허브 소식 없음",
    "everything on site; messages wait in the outbox": "현장 기능 모두, 메시지는 발신함에서 대기",
    "one level channel is not valid": "수위 채널 하나가 유효하지 않음",
    "the other channels, the float wired to the warnings": "다른 채널, 경고에 직접 이어진 부표",
    "two or more are not valid, one is": "수위 채널 하나만 유효함",
    "the last channel, the river gauge, the wired float": "마지막 채널, 하천 수위계, 직접 이어진 부표",
    "no level channel valid for `blind`": "`blind` 동안 유효한 수위 채널 없음",
    "rain, river, mains and hub as context; the wired float": "강우·하천·전원·허브 상황, 직접 이어진 부표",
    "the camera or its model gives nothing": "카메라 또는 모델이 답하지 않음",
    "loop and curtain": "루프와 광커튼",
    "the wall clock cannot be believed": "시계를 믿을 수 없음",
    "everything: durations run on monotonic time": "모두: 경과 시간은 시계와 무관하게 잼",
    "everything, as long as the battery lasts": "배터리가 남아 있는 동안 모두",
    "state, record or outbox is not taken by the disk": "상태·기록·발신함이 디스크에 쓰이지 않음",
    "deciding, from memory": "메모리로 판단은 계속",
    "the watchdog process does not answer": "감시 프로세스 응답 없음",
    "the controller's own watchdog": "제어기 자체 감시",
    "the controller's own watchdog closes the warnings; the wired float": (
        "제어기 자체 감시가 경고를 통제로 전환, 직접 이어진 부표"
    ),
}
