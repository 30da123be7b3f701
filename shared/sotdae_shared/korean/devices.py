"""What the doctor and the commissioning walk say beside their own words: reasons, checks, mistakes."""

DEVICES: dict[str, str] = {
    # reasons in a doctor's finding
    "Connect call failed {0:free}": "연결 실패 {0}",
    "client id": "클라이언트 이름",
    "bad name or password": "이름 또는 암호 틀림",
    "not authorised": "권한 없음",
    "no answer in time": "제때 응답 없음",
    "no answer": "응답 없음",
    "what answers is no broker": "응답한 것이 브로커가 아님",
    "no TLS": "TLS 아님",
    "it hung up": "연결을 끊음",
    "code {0:word}": "코드 {0}",
    "no reason given": "이유 없음",
    "the running agent has its line": "실행 중인 에이전트가 회선 사용 중",
    "no [hub.tls]": "[hub.tls] 없음",
    "no [hub]": "[hub] 없음",
    "no [camera]": "[camera] 없음",
    "no key without a passphrase ({0})": "암호 없는 키가 아님 ({0})",
    "no certificate in it": "인증서 없음",
    "none of those that were asked": "물어본 것 중 없음",
    "there is no such file: give the gate's file with --config; its service reads /etc/sotdae/gate.toml": (
        "파일 없음: --config로 게이트 파일 지정. 서비스는 /etc/sotdae/gate.toml을 읽음"
    ),
    "cannot be looked at: {0:said}; look as the agent's user: `sudo -u sotdae`": (
        "볼 수 없음: {0}. 에이전트 사용자로 확인: `sudo -u sotdae`"
    ),
    "floor: policy {0:word}, site {1:word}, roster {2:word}": "하한: 정책 {0}, 시설 {1}, 명단 {2}",
    "deny list {0:word}": "폐기 목록 {0}",
    "{0:said}; deny list {1:word}": "{0}; 폐기 목록 {1}",
    # checks of a report
    "the page shows what was signed": "화면이 서명된 내용과 같음",
    "the page shows what was signed (drawn by {0}, this is {1})": (
        "화면이 서명된 내용과 같음 ({0}에서 그림, 지금은 {1})"
    ),
    "signed by {0:role} {1}, key {2:word}": "{0} {1} 서명, 열쇠 {2}",
    "signed by a {0:role}": "{0} 서명",
    "the box's key is the one kept elsewhere": "장비 열쇠가 따로 보관한 것과 같음",
    "{0} is on the roster with this key": "{0}: 이 열쇠로 명단에 있음",
    "holds; the walk: {0:verdict}": "유효함, 점검 {0}",
    "DOES NOT HOLD; the walk: {0:verdict}": "유효하지 않음, 점검 {0}",
    # what keeps a walk from beginning
    "no file of answers: {0:said}": "답 파일이 아님: {0}",
    "needs a terminal; scripts give --answers FILE or --yes": (
        "터미널 필요. 스크립트는 --answers 파일 또는 --yes"
    ),
    "want --technician NAME, or a --key that the roster knows": (
        "--technician 이름 또는 명단에 있는 --key 필요"
    ),
    "want a name that ends in .html": ".html로 끝나는 이름 필요",
    "want a name that ends in .svg, or in .html to print or to save as PDF": (
        ".svg로 끝나는 이름, 인쇄하거나 PDF로 저장하려면 .html 필요"
    ),
    "needs {0:word}: pip install '.[gate,tech]'": "{0} 필요: pip install '.[gate,tech]'",
    "is a complete, signed report: give --anew, or another --report": (
        "완료되어 서명된 보고서: --anew 또는 다른 --report 지정"
    ),
    "is no report: {0:word} bytes, the limit is {1:word}": "보고서가 아님: {0}바이트, 한도 {1}",
    "is no report: {0:word}: {1:said}": "보고서가 아님: {0}: {1}",
    "is no report: there are no data in this page": "보고서가 아님: 이 화면에 자료 없음",
    "belongs to user {0:word}: walk as root, or as that user": "사용자 {0}의 것: root 또는 그 사용자로 점검",
    "{0:said}: walk as root, or as the agent's user": "{0}: root 또는 에이전트 사용자로 점검",
    "the gate's agent runs: stop it first, then walk (systemctl stop sotdae-gate)": (
        "에이전트 실행 중: 먼저 멈추고 점검 (systemctl stop sotdae-gate)"
    ),
    "the gate's watchdog runs: stop it first (systemctl stop sotdae-watchdog)": (
        "감시 프로세스 실행 중: 먼저 멈추기 (systemctl stop sotdae-watchdog)"
    ),
}
