"""What agent, panel and hub say of disks, helpers and each other."""

LINKS: dict[str, str] = {
    # an agent of itself
    "slower than {0} ms; acting anyway": "{0} ms보다 느림, 기다리지 않고 조치",
    "{0:helper} failed and is started again: {1:said}": "{0} 고장, 다시 시작함: {1}",
    "LinkError: {0:said}": "{0}",
    "panel: everybody may enter {0}; chmod o= {1}": "{0}에 누구나 들어갈 수 있음. chmod o= {1}",
    "panel: {0} is there and is no socket; move it away": "{0}: 소켓이 아닌 것이 있음. 다른 곳으로 옮기기",
    "panel: another agent answers at {0}": "{0}: 다른 에이전트가 이미 답함",
    "{0} orders, queries and policies more than anybody needs were not looked at": (
        "필요 이상으로 몰린 지시·조회·정책 {0}건을 보지 않음"
    ),
    "the agent had stopped: the watchdog closed the warnings": (
        "에이전트가 멈췄음: 감시 프로세스가 경고를 통제로 전환"
    ),
    "the watchdog cannot reach the controller": "감시 프로세스가 제어기에 닿지 못함",
    "the watchdog's hardware timer cannot be had": "감시 프로세스의 하드웨어 타이머를 쓸 수 없음",
    "the watchdog process does not answer: only the controller's own watchdog is left": (
        "감시 프로세스 응답 없음: 제어기 자체 감시만 남음"
    ),
    "{0} of the record cannot be read: what it told is missing": (
        "판단 기록의 {0} 파일을 읽을 수 없음: 그 부분이 빠짐"
    ),
    "device key {0}: {1:free}; put its copy back, or move it away for a new one": (
        "장치 키 {0}: {1}; 보관한 사본을 되돌리거나, 옮겨 두면 새 키가 만들어짐"
    ),
    "the record is written again": "판단을 다시 기록함",
    "without a stop": "중지 지시 없이",
    "history not told: {0:free}": "과거 수위를 보내지 못함: {0}",
    "dry baselines begin anew: {0:free}": "건조 기준값을 새로 시작함: {0}",
    "dry baselines are not kept: {0:free}": "건조 기준값이 저장되지 않음: {0}",
    "the vision process ended with code {0}; it is started again": (
        "영상 프로세스가 끝남 (코드 {0}), 다시 시작함"
    ),
    "the vision process was silent for {0} s; it is started again": (
        "영상 프로세스가 {0}초 응답 없음, 다시 시작함"
    ),
    "camera: {0:free}. The gate goes on with loop and curtain": "카메라: {0}. 루프와 광커튼으로 계속",
    "the kept state cannot be read: {0:free}": "저장된 상태를 읽을 수 없음: {0}",
    "a kept state was corrupt and set aside": "저장된 상태가 손상되어 따로 보관",
    "the outbox was corrupt and set aside: its tail is unknown": (
        "발신함이 손상되어 따로 보관: 끝부분 알 수 없음"
    ),
    "storage {0}: {1:free}; running from memory, nothing survives a power cut": (
        "저장소 {0}: {1}; 메모리로 운영 중, 정전되면 남지 않음"
    ),
    "a kept statement was corrupt and set aside": "저장된 발급처 선언이 손상되어 따로 보관",
    "they were corrupt and set aside": "손상되어 따로 보관",
    "a floor of {0}": "다른 시설 {0}의 하한",
    "deny list {0} is below the floor {1}": "폐기 목록 {0}: 하한 {1}보다 낮음",
    "deny list {0} after {1} is refused": "폐기 목록 {0}: 이미 {1}이 있어 거부",
    "state {0}: {1:free}": "상태 파일 {0}: {1}",
    "snapshot {0}: {1:free}": "사진 {0}: {1}",
    "record {0}: {1:free}": "판단 기록 {0}: {1}",
    "outbox {0}: {1:free}": "발신함 {0}: {1}",
    # panel and agent
    "not connected yet": "아직 연결되지 않음",
    "not connected: {0:said}": "연결되지 않음: {0}",
    "no agent answers: {0:said}; does `sotdae gate run` run? {1:free}": (
        "응답하는 에이전트 없음: {0}. `sotdae gate run` 실행 여부 확인 {1}"
    ),
    "[Errno {0:word}] {1:said}: {2:free}": "{1}: {2} (errno {0})",
    "[Errno {0:word}] {1:said}": "{1} (errno {0})",
    "Connection refused": "연결 거부",
    "No such file or directory": "파일 없음",
    "Permission denied": "권한 없음",
    "the agent has gone": "에이전트가 사라짐",
    "the agent shows nothing": "에이전트가 아무것도 보여 주지 않음",
    "the agent does not answer: is it frozen?": "에이전트 응답 없음: 멈춰 있는지 확인",
    "the agent's word is not understood: {0:free}": "에이전트의 말을 이해할 수 없음: {0}",
    "the agent speaks version {0}, this panel {1}: update one": (
        "에이전트는 버전 {0}, 이 화면은 {1}: 한쪽을 갱신"
    ),
    "unexpected word of the agent: {0}": "에이전트가 뜻밖의 말을 함: {0}",
    "the agent went away before it answered: look at the gate before trying again": (
        "답하기 전에 에이전트가 사라짐: 다시 하기 전에 게이트를 확인"
    ),
    "no answer: look at the gate before trying again": "답 없음: 다시 하기 전에 게이트를 확인",
    "log in first: sign the challenge": "먼저 들어와야 함: 질문에 서명",
    "unknown key: not on this gate's roster; paste the [[roster]] lines that `sotdae gate key new` printed "
    "into the gate's file, and restart its agent": (
        "알 수 없는 열쇠: 이 시설 명단에 없음. `sotdae gate key new`가 출력한 [[roster]] 줄을 "
        "게이트 파일에 붙여 넣고 에이전트를 다시 시작"
    ),
    "{0} panels are open already: close one": "이미 화면 {0}개가 열려 있음: 하나를 닫기",
    "a line is longer than {0} bytes": "한 줄이 {0}바이트보다 김",
    "not understood: {0:free}": "이해할 수 없음: {0}",
    "only orders and questions for a nonce are taken here": "여기서는 지시와 논스 요청만 받음",
    "not yet answered: wait": "아직 답하지 않음: 기다리십시오",
    # people's keys
    "the key wants a passphrase": "열쇠에 암호가 필요함",
    "the key has no passphrase": "암호가 없는 열쇠",
    "wrong passphrase, or no private key": "암호가 틀렸거나 개인 열쇠가 아님",
    "not an Ed25519 key; make one with `sotdae gate key new`": (
        "Ed25519 열쇠가 아님. `sotdae gate key new`로 만들기"
    ),
    "the first line is the passphrase; it is empty": "첫 줄이 암호인데 비어 있음",
    "has no passphrase, and others can read it; chmod 600 {0}": (
        "암호가 없고 남이 읽을 수 있음. chmod 600 {0}"
    ),
    "want a passphrase of {0} characters or more": "{0}자 이상의 암호 필요",
    "is there already: a key is never overwritten": "이미 있음: 열쇠는 덮어쓰지 않음",
    "cannot be read: {0:said}": "읽을 수 없음: {0}",
    "cannot be written: {0:said}": "쓸 수 없음: {0}",
    "is no key file: too large": "열쇠 파일이 아님: 너무 큼",
    "the screen needs a terminal; scripts want  --once --json": (
        "화면에는 터미널 필요. 스크립트는  --once --json"
    ),
    "the screen needs {0}: in a checkout of Sotdae,  pip install '.[panel]'": (
        "화면에 {0} 필요: Sotdae 저장소에서  pip install '.[panel]'"
    ),
    "panel.enabled: is false, so the agent serves no panel": (
        "panel.enabled: false이므로 에이전트가 화면을 열지 않음"
    ),
    "is no request: more than {0} bytes": "요청서가 아님: {0}바이트 초과",
    "is no request: {0}: {1:free}": "요청서가 아님: {0}: {1}",
    "asks to {0:order}: only an order to open over a gate's nonce is approved here": (
        "{0} 요청: 여기서는 게이트 논스에 대한 개방만 승인"
    ),
    "has approvals already: each person signs the bare request": "이미 승인이 있음: 각자 빈 요청서에 서명",
    "is not among the gate's people; if it is, give its name with --as": (
        "게이트 명단에 없는 열쇠. 있다면 --as로 이름 지정"
    ),
    # a hub to who asks it
    "{0} is not heard: nothing was sent, and nothing is queued": (
        "{0} 연락 두절: 보내지 않았고 대기열에도 없음"
    ),
    "{0} did not answer within {1} s: ask again": "{0}: {1}초 안에 답하지 않음: 다시 요청",
    "{0}: {1} wrong fields in its answer": "{0}: 답에 잘못된 항목 {1}개",
    "this hub has no release key: give [release] in its file (`sotdae hub release-key`), "
    "or open at the gate's panel": (
        "이 허브에 해제 열쇠 없음: 허브 파일에 [release] 추가(`sotdae hub release-key`), 또는 현장에서 개방"
    ),
}
