"""Whether a camera answers: one RTSP OPTIONS over TCP, bounded in time and bytes."""

import asyncio
from urllib.parse import urlsplit

TIMEOUT_S = 2.0
RTSP_PORT = 554


class RtspProbe:
    """Implements `ports.CameraProbe`. Pulls no picture: 180,000 cameras are asked, not watched."""

    async def alive(self, url: str) -> bool:
        """Return whether the camera at `url` speaks RTSP and says OK or asks who we are."""
        try:
            place = urlsplit(url)
            async with asyncio.timeout(TIMEOUT_S):
                return await self._ask(place.hostname or "", place.port or RTSP_PORT, url)
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False

    async def _ask(self, host: str, port: int, url: str) -> bool:
        reader, writer = await asyncio.open_connection(host, port, limit=4096)
        try:
            writer.write(f"OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            await writer.drain()
            status = (await reader.readuntil(b"\r\n")).split(b" ")
        finally:
            writer.close()
        return len(status) >= 2 and status[0].startswith(b"RTSP/") and status[1] in (b"200", b"401")
