"""What a city's agent says of homes, slopes and reservoirs, and why a forecast is refused."""

PLACES: dict[str, str] = {
    # semi-basement homes
    "water at 2 cm: call": "침수 2 cm: 전화",
    "water at 15 cm: 119": "침수 15 cm: 119",
    "alarm device silent: state unknown": "경보기 응답 없음: 상태를 알 수 없음",
    "contact loop broken: it cannot say dry": "접점 회로 끊김: 말랐는지 말할 수 없음",
    "housing opened": "함체 열림",
    "repeats an alarm that the hub holds: it is not reached": "허브가 받은 경보를 되풀이함: 회신이 닿지 않음",
    "test: the button was pressed": "시험: 단추를 누름",
    "test: water at 2 cm": "시험: 침수 2 cm",
    "test: water at 15 cm": "시험: 침수 15 cm",
    "battery low": "배터리 부족",
    "battery low: {0} V, {1} %, {2:said}": "배터리 부족: {0} V, {1} %, {2}",
    "{0} days left by its trend": "추세로 {0}일 남음",
    "no trend yet": "아직 추세 없음",
    "the home is no longer watched": "더는 살피지 않는 집",
    "every home reads dry": "모든 집이 마름",
    "grown to {0} homes: {1:said}": "{0}가구로 늘어남: {1}",
    "{0} homes within {1} m in {2} min; {3} wet: {4:said}": (
        "{2}분 안에 {1} m 이내 {0}가구; {3}가구 침수: {4}"
    ),
    "{0} and {1} more": "{0} 외 {1}곳",
    "no line to the network server's broker: alarms of its devices do not come": (
        "단말 통신망 브로커에 연결되지 않음: 단말 경보가 오지 않음"
    ),
    # slopes
    "slope moves: watch it": "급경사지 움직임: 관찰",
    "slope moves: keep everybody out": "급경사지 움직임: 출입통제",
    "slope moves: prepare to evacuate": "급경사지 움직임: 대피 준비",
    "slope moves: evacuate": "급경사지 움직임: 대피",
    "the wire is torn or at the end of its scale": "계측선이 끊겼거나 한계에 닿음",
    "wire torn or at its end: movement or damage": "계측선 끊김 또는 한계: 움직임 또는 파손",
    "instrument silent: state unknown": "계측기 응답 없음: 상태를 알 수 없음",
    "calm for {0} h": "{0}시간 동안 잠잠함",
    "{0} {1} or more on each of {2} days": "{2}일 동안 날마다 {0} {1} 이상",
    "{0}/h: limit {1:said}": "시간당 {0}: 기준 {1}",
    "{0:said}, ground wet": "{0}, 젖은 땅",
    "{0} for {1} h": "{0}, {1}시간 지속",
    # forecast of a slope
    "no trend": "추세 없음",
    "no trend: {0:said}": "추세 없음: {0}",
    "the trend would end in {0} h ({1} to {2} h); this is no time of a collapse": (
        "추세대로면 {0}시간 뒤 끝남 ({1}~{2}시간). 붕괴 시각이 아님"
    ),
    "{0} samples: want {1}": "측정값 {0}개: {1}개 필요",
    "{0} mm in all, with a noise of {1} mm": "모두 {0} mm 이동, 잡음 {1} mm",
    "{0} steps since the onset of acceleration: want {1}": "가속이 시작된 뒤 {0}단계: {1}단계 필요",
    "{0} mm/h is below three times its uncertainty": "시간당 {0} mm는 불확도의 세 배보다 작음",
    "velocity is {0} times that at the onset: want {1}": "속도가 가속 시작 때의 {0}배: {1}배 필요",
    "inverse velocity does not fall beyond its uncertainty": "역속도가 불확도를 넘어 줄지 않음",
    "R2 {0}: want {1}": "결정계수 {0}: {1} 필요",
    "{0} h ahead after {1} h of acceleration": "{1}시간 가속 뒤 {0}시간 앞을 내다봄",
    "the trend ended {0} h ago without a collapse": "추세가 {0}시간 전에 붕괴 없이 끝남",
    # reservoirs
    "freeboard {0} cm: limit {1}": "여유고 {0} cm: 기준 {1}",
    "crest settled {0} mm in a day: limit {1}": "둑마루 하루 침하 {0} mm: 기준 {1}",
    "crest lower than its baseline by more than three sigma": "둑마루가 평소보다 3σ 넘게 낮음",
    "settlement accelerates while the water rises {0} cm in a day": "하루 {0} cm 수위 상승 중 침하가 빨라짐",
    "{0:thing} jumped from {1} to {2}": "{0} 급증: {1} → {2}",
    "{0:thing} is silent: state unknown": "{0} 응답 없음: 상태를 알 수 없음",
    "not calm for long enough yet": "아직 충분히 오래 잠잠하지 않음",
}
