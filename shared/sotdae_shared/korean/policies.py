"""What gates, hub and the check of a draft say of policies and of a site's numbers."""

POLICIES: dict[str, str] = {
    # taken, waiting, refused at a gate
    "in force": "적용됨",
    "{0:word} {1:word} to {2:word}": "{0}: {1} → {2}",
    "waits: {0:said}": "대기: {0}",
    "incident {0} stands": "상황 {0} 진행 중",
    "the gate is {0:state}": "게이트는 ‘{0}’",
    "the water is {0:stage}": "수위 단계 ‘{0}’",
    "the water may rise": "수위가 오를 수 있음",
    "this site takes no policy: its file has no [policy] section": (
        "정책을 받지 않는 시설: 파일에 [policy] 없음"
    ),
    "it cannot be read": "읽을 수 없음",
    "a policy waits until all is calm and the gate open": "모두 평온하고 게이트가 열릴 때까지 정책 대기",
    "a policy waits: {0:said}": "정책 대기: {0}",
    "the policy kept from before the restart is not in force: {0:said}; the site's own file is": (
        "다시 시작하기 전의 정책이 적용되지 않음: {0}; 시설 자체 값이 적용됨"
    ),
    "the policy that waited before the restart was dropped: {0:said}": (
        "다시 시작하기 전에 대기하던 정책을 버림: {0}"
    ),
    "people should have looked at the policy again; it stays in force": (
        "정책 재검토 기한이 지남, 계속 적용됨"
    ),
    "other scope: it does not speak to {0}": "다른 범위: {0}에 해당하지 않음",
    "version {0} is not above {1}": "버전 {0}: {1}보다 높지 않음",
    "signed by {0} of {1} people": "{1}명 중 {0}명만 서명",
    "{0} may sign for {1} only": "{0}: {1}에만 서명할 수 있음",
    "weaker than interlock: {0:said}: {1:said}": "안전 한계보다 약함: {0}: {1}",
    "beyond the site's own bounds: {0:said}": "시설 자체 범위를 벗어남: {0}",
    "{0}: taken only where the site's file gives policy.bounds.{1}": (
        "{0}: 시설 파일에 policy.bounds.{1} 값이 있을 때만 받음"
    ),
    "{0:word} {1:word} is above {2:word}": "{0} {1}: {2} 초과",
    "{0:word} {1:word} is below {2:word}": "{0} {1}: {2} 미만",
    # how far a roll-out is
    "{0:said} is well; {1} s must pass so": "{0} 정상, {1}초 유지되어야 함",
    "ring {0} of {1}": "{1}단계 중 {0}단계",
    "{0} is at caution or above": "{0} 주의 이상",
    "ring {0}: {1} of {2} refuse or fell silent: {3:said}": (
        "{0}단계: {2}곳 중 {1}곳이 거부 또는 응답 없음: {3}"
    ),
    "{0} refused: {1:said}": "{0} 거부: {1}",
    "{0} fell silent": "{0} 응답 없음",
    "{0} has version {1} already": "{0} 이미 버전 {1}",
    "refused: {0:said}": "거부: {0}",
    "fell silent": "응답이 끊김",
    "has version {0} already": "이미 버전 {0}",
    "{0:said}: {1} of {2} have not answered: {3}": "{0}: {2}곳 중 {1}곳이 아직 답하지 않음: {3}",
    "{0:said}: {1} of {2} are not heard: {3}": "{0}: {2}곳 중 {1}곳 연락 두절: {3}",
    "version {0} replaces it": "버전 {0}에 대체됨",
    "stopped by an operator": "운영자가 중단함",
    # what a hub answers who publishes
    "the hub refuses: {0:said}": "허브가 거부: {0}",
    "{0:said}; --token-file names an operator's token": "{0}; --token-file로 운영자 토큰 지정",
    "this hub knows no signers: its file needs a [policy] section": (
        "이 허브는 서명자를 모름: 파일에 [policy] 필요"
    ),
    "scope {0}: no gate there that takes policies is heard yet; "
    "publish when `sotdae policy status` shows its gates": (
        "범위 {0}: 정책을 받는 게이트가 아직 들리지 않음. `sotdae policy status`에 나타나면 배포"
    ),
    "version {0} is everywhere: a newer version can replace it": (
        "버전 {0}: 모두 적용됨, 더 새 버전으로만 대체"
    ),
    "version {0} is {1:rollout}, not aborted": "버전 {0}: ‘{1}’, 중단된 것이 아님",
    "version {0} came after it": "뒤에 나온 버전 {0}이 있음",
    "no policy of version {0} was published here": "여기에 배포된 버전 {0} 정책 없음",
    "no node {0} was ever heard": "{0}: 한 번도 들린 적 없는 노드",
    "{0} is heard: switch it off first": "{0}: 연결되어 있음, 먼저 끄기",
    "whether {0} is gone cannot be known: this hub does not hear the broker": (
        "{0}: 없어졌는지 알 수 없음, 허브가 브로커에 연결되지 않음"
    ),
    "whether {0} is gone shows in {1} s: this hub just began to listen": (
        "{0}: 없어졌는지는 {1}초 뒤에 알 수 있음, 허브가 듣기 시작한 지 얼마 안 됨"
    ),
    "version {0} was published already": "버전 {0}: 이미 배포됨",
    "version {0} is not above {1} before it": "버전 {0}: 앞선 {1}보다 높지 않음",
    "version {0} is not above {1}, which {2} has: take a higher one, or if it cannot be so, "
    "publish with --leave-out {3}": (
        "버전 {0}: {2}에 있는 {1}보다 높지 않음. 더 높은 번호를 쓰거나, 안 되면 --leave-out {3} 붙여 배포"
    ),
    "version {0} is still going out, to {1} too: abort it first, or wait": (
        "버전 {0}: 아직 {1} 등에 배포 중. 먼저 중단하거나 기다리기"
    ),
    "{0} {1}: no node there takes this policy": "{0} {1}: 이 정책을 받는 노드 없음",
    "{0}: is no hub that takes policies": "{0}: 정책을 받는 허브가 아님",
    "{0}: does not answer: {1:free}. Is --hub right?": "{0}: 응답 없음: {1}. --hub 주소 확인",
    "{0}: does not speak as a hub does": "{0}: 허브가 아님",
    # the check of a draft
    "{0:said}. Mend: set {1} to {2}, or leave it out": "{0}. 고치려면: {1} = {2}, 또는 빼기",
    "the policy does not speak to {0}: scope {1}, types {2}": (
        "이 정책은 {0}에 해당하지 않음: 범위 {1}, 종류 {2}"
    ),
    "{0}: want http://host:port or https://host:port": "{0}: http://host:port, https://host:port 필요",
    "status {0:word}": "응답 코드 {0}",
    "rings: want rising percents that end with 100, such as 1, 10, 50, 100": (
        "rings: 100으로 끝나는 커지는 백분율 필요, 예: 1, 10, 50, 100"
    ),
    "the policy does not speak to it": "이 정책의 범위가 아님",
    "review_by: {0} is over; gates would warn at once": "review_by: {0} 지남, 게이트가 곧바로 알림",
    "review_by: {0} is less than {1} days away": "review_by: {0}까지 {1}일도 남지 않음",
    "issued_at: {0} has not come yet": "issued_at: {0}, 아직 오지 않은 날",
    "values: none is set; every site goes back to its own file": (
        "values: 정한 값 없음, 시설마다 자체 값으로 돌아감"
    ),
    # how a site's numbers fit together
    "{0}: {1}: want {2} to {3}: {4:said}": "{0}: {1}: {2}~{3} 필요: {4}",
    "levels: want {0} and {1}": "levels: {0}, {1} 필요",
    "levels: want {0}": "levels: {0} 필요",
    "times.rate_min: not above times.rate_window": "times.rate_min: times.rate_window 이하 필요",
    "geometry.warning_s: not below times.pre_warn": "geometry.warning_s: times.pre_warn 이상 필요",
    "geometry.lowering_s: not above times.travel": "geometry.lowering_s: times.travel 이하 필요",
    "geometry: at {0} cm/min the latest safe start is {1} cm, below caution; "
    "give levels.river_trigger_cm so that it can close while dry": (
        "geometry: 분당 {0} cm일 때 늦어도 {1} cm에서 시작해야 하는데 주의 수위보다 낮음. "
        "마른 동안 통제할 수 있게 levels.river_trigger_cm을 정하기"
    ),
    "channels: two have the same name": "channels: 이름이 같은 채널이 둘",
    "channels: a point stands twice; one instrument has one vote": (
        "channels: 같은 점이 두 번 있음. 계측기 하나에 한 표"
    ),
    "approaches: where there are several, each needs a name": "approaches: 여럿이면 저마다 이름 필요",
    "approaches: none is an entry": "approaches: 진입부가 없음",
    "approaches: two have the same {0:word}; one arm belongs to one approach": (
        "approaches: {0} 값이 같은 둘이 있음. 차단기 하나에 접근로 하나"
    ),
    "approaches.{0}: two lanes have the same points": "approaches.{0}: 두 차로의 점이 같음",
    "approaches: {0} and {1} share {2}; each arm has its own lanes": (
        "approaches: {0}, {1}에 같은 {2}. 차단기마다 자기 차로 필요"
    ),
    "policy.bounds.{0}: a policy has no such value": "policy.bounds.{0}: 정책에 없는 값",
    "policy.bounds.{0}: want {1}: {2:said}": "policy.bounds.{0}: {1} 필요: {2}",
    "points: want the levels of a switch above 0 and increasing": (
        "points: 스위치 수위는 0보다 크고 커지는 순서여야 함"
    ),
    "points: want exactly one of an analog channel": "points: 아날로그 채널은 하나만",
    "sigma_cm: {0}: want 0.05 to 50, one sigma of its readings": "sigma_cm: {0}: 0.05~50 필요, 측정값의 1σ",
    "range_cm: want 0 and unsafe_cm = {0} inside, or a flood counts as a failure": (
        "range_cm: 0과 unsafe_cm = {0} 모두 범위 안이어야 함. 아니면 침수를 고장으로 봄"
    ),
    "channels: none tells {0} cm: want an analog one, or a switch at that level": (
        "channels: {0} cm 수위를 알리는 채널 없음: 아날로그 채널 또는 그 수위의 스위치 필요"
    ),
}
