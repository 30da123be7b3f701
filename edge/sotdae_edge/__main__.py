"""`python -m sotdae_edge`: the agents without the rest of the command line."""

import typer

from sotdae_edge.cli import city_app, gate_app

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(gate_app, name="gate")
app.add_typer(city_app, name="city")

if __name__ == "__main__":
    app()
