"""What every step at the controller begins with: is it heard?"""

from sotdae_provisioning.device.walk.hands import Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State

SCANS = 5


def heard(kit: Kit, notes: Notes) -> bool:
    """Wait for some scans, so that nothing old is judged; note it if the controller does not answer."""
    kit.hands.do(_scans(kit.hands))
    if not kit.hands.heard:
        notes.find(State.NOT_DONE, "controller.silent", because=kit.hands.problem[:200])
    return kit.hands.heard


async def _scans(hands: Hands) -> None:
    for _ in range(SCANS):
        await hands.scan()
