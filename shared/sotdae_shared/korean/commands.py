"""What the commands say of a policy: of a draft, its signatures, its way, and mistakes in a file."""

COMMANDS: dict[str, str] = {
    # the check and the trial of a draft
    "{0}: wrong: {1:said}": "{0}: 오류: {1}",
    "{0}: warning: {1:said}": "{0}: 주의: {1}",
    "policy {0:word}: good, judged at {1:said}": "정책 {0}: 이상 없음, 기준 {1}",
    "policy {0:word}: refused, judged at {1:said}": "정책 {0}: 거부됨, 기준 {1}",
    "a plain underpass; --site judges yours": "일반 지하차도. --site로 실제 시설 지정",
    "{0:word} would not take it: {1:said}": "{0}: 받지 않음: {1}",
    "{0:word} of {1:word} would have gone differently": "{1}건 중 {0}건이 달라짐",
    "never": "없음",
    "only with the policy": "정책이 있을 때만",
    "no longer": "없어짐",
    "same": "같음",
    "{0:word} {1:unit} earlier": "{0}{1} 빨라짐",
    "{0:word} {1:unit} later": "{0}{1} 늦어짐",
    "{0:word} cm/min (computed)": "분당 {0} cm (계산)",
    "{0:word} cm/min to {1:word} cm (computed)": "분당 {0} cm로 {1} cm까지 (계산)",
    # signing
    "{0}: written; edit it if need be, then  sotdae policy lint {1} --site gate.toml": (
        "{0}: 저장함. 필요하면 고친 뒤  sotdae policy lint {1} --site gate.toml"
    ),
    "good: signed by {0}; {1:word} are needed": "서명 충분: {0}, {1}명 필요",
    "another policy (version {0:word}) lies here; name another file: --out": (
        "다른 정책(버전 {0})이 여기 있음. --out으로 다른 파일 지정"
    ),
    "nobody signs as {0} here; there are: {1}": "{0} 이름으로 서명하는 사람 없음. 있는 이름: {1}",
    "is not the key of {0} ({1}); gates would refuse it": "{0} ({1})의 열쇠가 아님. 게이트가 거부함",
    "is a draft; have it signed: sotdae policy sign {0}": "초안임. 서명받기: sotdae policy sign {0}",
    # at a hub
    "policy {0:word}: {1:rollout}, {2:word} nodes in {3:word} rings": "정책 {0}: {1}, {3}단계에 노드 {2}곳",
    "policy {0:word}: {1:rollout}, ring {2:word} of {3:word}": "정책 {0}: {1}, {3}단계 중 {2}단계",
    "policy {0:word}: {1:rollout}; nobody else is told": "정책 {0}: {1}, 더는 알리지 않음",
    "policy {0:word} {1:rollout}, ring {2:word} of {3:word}, in force at {4:word} of {5:word}": (
        "정책 {0} {1}, {3}단계 중 {2}단계, {5}곳 중 {4}곳 적용"
    ),
    "policy {0:word} {1:rollout}, ring {2:word} of {3:word}, in force at {4:word} of {5:word}: {6:said}": (
        "정책 {0} {1}, {3}단계 중 {2}단계, {5}곳 중 {4}곳 적용: {6}"
    ),
    "kept at {0}; the way back is a newer version: sotdae policy rollback": (
        "{0}에 남아 있음. 되돌리려면 새 버전: sotdae policy rollback"
    ),
    "left out: {0}": "제외: {0}",
    "{0:word}: not counted on any more, until it is heard": "{0}: 다시 들릴 때까지 집계에서 뺌",
    "{0}: version {1:word} with the values of {2:word}; have it signed, publish it": (
        "{0}: 버전 {2}의 값으로 만든 버전 {1}. 서명받아 배포"
    ),
    "a gate reports version {0:word}, the last: name it, --leave-out": (
        "한 게이트가 마지막 번호인 버전 {0}을 알림: --leave-out으로 지정"
    ),
    "{0}: want percents such as 1,10,100": "{0}: 백분율 필요, 예: 1,10,100",
    "version {0:word} was not published at this hub; there are: {1}": (
        "버전 {0}: 이 허브에 배포된 적 없음. 있는 버전: {1}"
    ),
    "no policy was published at this hub yet": "이 허브에 아직 배포한 정책 없음",
    # an agent's file
    "OK: {0:word} closes {1:word} s ahead of {2:word} cm": "정상: {0}, {2} cm 도달 {1}초 전에 통제",
    "OK: {0}, {1:word} homes": "정상: {0}, {1}가구",
    "policies: none is taken; there is no [policy] section": "정책: 받지 않음, [policy] 없음",
    "policies: {0:word} of {1:word} people sign one; it may set": "정책: {1}명 중 {0}명 서명, 정할 값",
    "  {0:word} from {1:word} to {2:word}": "  {0} {1}~{2}",
    # files
    "is there already; a draft is never overwritten": "이미 있음. 초안은 덮어쓰지 않음",
    "policy: there is no such section; it says who may sign": "policy: 누가 서명하는지 적는 [policy] 없음",
    "approvals: stand in the bundle; `sotdae policy sign` writes it": (
        "approvals: 서명은 묶음 파일에 있음. `sotdae policy sign`이 씀"
    ),
    "is not TOML: {0:free}": "TOML 형식이 아님: {0}",
    "more than {0:word} bytes": "{0}바이트보다 큼",
    "node {0}: want lower-case letters, digits, hyphens; at most 48; of GG": (
        "{0}: 영문 소문자, 숫자, 하이픈만, 48자 이내로. GG 시설의 노드"
    ),
    "want NAME=NUMBER, such as caution_cm=4": "이름=값 꼴로 쓸 것. 예: caution_cm=4",
    "{0:said}; save it as UTF-8": "{0}. UTF-8로 저장",
    "there is no such setting": "없는 설정",
    "there is no such setting; did you mean {0:word}?": "없는 설정. {0} 아닌가요?",
    "there is no such setting here": "없는 설정",
    "Field required": "필수 항목",
    "Input should be a valid number": "수 필요",
    "Input should be a valid integer": "정수 필요",
    "Input should be greater than or equal to {0:word}": "{0} 이상 필요",
    "Input should be less than or equal to {0:word}": "{0} 이하 필요",
    "no city or county of this province has the code {0:word}": "코드 {0}: 이 도에 없는 시·군",
    "want GG-41113-UP-0007 (a facility), 41113 (a city) or GG": (
        "GG-41113-UP-0007(시설), 41113(시·군) 또는 GG 필요"
    ),
}
