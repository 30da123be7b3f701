"""`python -m sotdae_hub`."""

from sotdae_hub.cli import app

if __name__ == "__main__":
    app(prog_name="sotdae hub")
