"""`python -m sotdae_firmware_bridge`: the bridge's commands on their own."""

from sotdae_firmware_bridge.cli import app

if __name__ == "__main__":
    app(prog_name="bridge")
