"""`sotdae policy`: write, check, sign and publish the thresholds of many gates."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sotdae_edge.panel.key_cli import Secret, passphrase_of
from sotdae_edge.panel.terms import Lang, language, said
from sotdae_provisioning.policy import words
from sotdae_provisioning.policy.at_hub import publish, rollback, status
from sotdae_provisioning.policy.draft import begin, write_draft
from sotdae_provisioning.policy.files import read_policy, read_trust
from sotdae_provisioning.policy.forgetting import forget
from sotdae_provisioning.policy.halting import abort, resume
from sotdae_provisioning.policy.judging import hopeless, strange
from sotdae_provisioning.policy.options import JsonOption, LangOption, PolicyFile
from sotdae_provisioning.policy.signing import begun, destination, own_key, people, sign, spoiled
from sotdae_provisioning.policy.telling import told_whole
from sotdae_provisioning.policy.trying import dry_run, lint
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import unsigned
from sotdae_shared.trust import Trust

policy_app = typer.Typer(no_args_is_help=True, help="Thresholds of many gates, signed by several people.")

TrustOption = Annotated[
    Path | None, typer.Option("--trust", help="A gate's or hub's file: its section policy says who may sign.")
]


@policy_app.command()
def new(
    out: Annotated[Path, typer.Argument(help="The draft to write, such as policy.toml; never overwritten.")],
    *,
    reason: Annotated[
        str, typer.Option(help="Why, for the record and for those who sign.", prompt="Reason (--reason)")
    ],
    scope: Annotated[
        list[str] | None, typer.Option(help="A province (GG), city (41113) or facility. Repeat for several.")
    ] = None,
    types: Annotated[
        list[FacilityType] | None, typer.Option("--type", help="Which facilities of these. Default: UP.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="A value, such as caution_cm=4. Repeat.")
    ] = None,
    after: Annotated[
        Path | None, typer.Option(help="The policy before it: its values, its scope, the next version.")
    ] = None,
) -> None:
    """Write a draft with every value that a policy may set, its limits and why.

    Example:  sotdae policy new rainy.toml --scope GG --set caution_cm=4 --reason "rainy season"
    """
    with told_whole(as_json=False):
        before = None if after is None else read_policy(after)
        now = datetime.now(UTC).replace(microsecond=0)
        given = {"scope": scope, "types": types, "reason": reason}
        news = {name: each for name, each in given.items() if each}
        made = begin(before, news, dict(_value(text) for text in values or []), now)
        if unknown := strange(made.scope):
            raise ConfigError("policy new", unknown)
        write_draft(out, made)
        text = f"{out}: written; edit it if need be, then  sotdae policy lint {out} --site gate.toml"
        typer.echo(said(language(), text))


policy_app.command("lint")(lint)
policy_app.command("dry-run")(dry_run)


@policy_app.command()
def diff(old: PolicyFile, fresh: PolicyFile, *, lang: LangOption = None, as_json: JsonOption = False) -> None:
    """Say in words in what two policies differ.

    Example:  sotdae policy diff policy-6.json rainy.toml
    """
    with told_whole(as_json=as_json, lang=lang):
        before, after = read_policy(old), read_policy(fresh)
        if as_json:
            found = [
                {"name": each.name, "old": each.old, "new": each.new} for each in words.changes(before, after)
            ]
            typer.echo(json.dumps({"from": before.version, "to": after.version, "changes": found}))
            return
        for line in _lines(lang or language(), before, after):
            typer.echo(line)


@policy_app.command("sign")
def sign_policy(
    policy: PolicyFile,
    *,
    key: Annotated[Path, typer.Option("--key", "-k", help="Your key file, made by `sotdae gate key new`.")],
    name: Annotated[str, typer.Option("--as", help="The name of your key where it is trusted.")],
    against: Annotated[Path | None, typer.Option(help="The policy before it: what changes is shown.")] = None,
    trust: TrustOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The bundle. Default: the same, or .json beside a draft.")
    ] = None,
    passphrase_file: Secret = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lang: LangOption = None,
) -> None:
    """Show in words what you sign, ask, and add your signature. Each of the people does so with an own key.

    Example:  sotdae policy sign rainy.toml --key kim.pem --as kim --against policy-6.json --trust hub.toml
    """
    chosen = lang or language()
    with told_whole(as_json=False, lang=chosen):
        trusted = None if trust is None else read_trust(trust)
        target = destination(policy, out)
        given = begun(read_policy(policy), target)
        _show(chosen, given, None if against is None else read_policy(against), trusted)
        if wrong := [*hopeless(given), *spoiled(given, trusted)]:
            raise ConfigError(str(policy), wrong)
        private = own_key(key, passphrase_of(key, passphrase_file), name, trusted)
        if not yes and not typer.confirm(words.say(chosen, "sign?", name)):
            raise typer.Exit(1)
        signed = sign(given, name, private, target)
        typer.echo(f"{target}: {words.say(chosen, 'signed_by')} {', '.join(people(signed, trusted))}")
        if trusted is not None and (lacks := unsigned(signed, trusted)) is not None:
            typer.echo(said(chosen, lacks))


@policy_app.command()
def verify(
    bundle: PolicyFile,
    trust: Annotated[Path, typer.Option("--trust", help="A gate's or hub's file: who may sign.")],
    *,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the signatures under a policy suffice.

    Example:  sotdae policy verify rainy.json --trust hub.toml
    """
    with told_whole(as_json=as_json, lang=lang):
        policy, trusted = read_policy(bundle), read_trust(trust)
        lacks, names = unsigned(policy, trusted), people(policy, trusted)
        if as_json:
            print_words = {"good": lacks is None, "reason": lacks, "signed_by": names}
            typer.echo(json.dumps({**print_words, "needed": trusted.needed}, ensure_ascii=False))
        else:
            text = lacks or f"good: signed by {', '.join(names)}; {trusted.needed} are needed"
            typer.echo(said(lang or language(), text))
        raise typer.Exit(0 if lacks is None else 1)


def _value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError("policy new", [f"values.{text}: want NAME=NUMBER, such as caution_cm=4"])
    return name.strip(), value.strip()


def _show(lang: Lang, policy: PolicyBody, before: PolicyBody | None, trust: Trust | None) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(words.headline(lang, policy), markup=False, style="bold")
    for line in (f"{words.say(lang, 'reason')}: {policy.reason}", *_lines(lang, before, policy)):
        console.print(f"  {line}", markup=False)
    names = ", ".join(people(policy, trust)) or words.say(lang, "nobody")
    console.print(f"  {words.say(lang, 'signed_by')}: {names}", markup=False)
    console.print(f"  {words.say(lang, 'fingerprint')}: {words.fingerprint(policy)}", markup=False)


def _lines(lang: Lang, before: PolicyBody | None, after: PolicyBody) -> list[str]:
    found = [words.in_words(lang, each) for each in words.changes(before, after)]
    return found or [words.say(lang, "nothing" if before is not None else "own")]


policy_app.command("publish")(publish)
policy_app.command("status")(status)
policy_app.command("abort")(abort)
policy_app.command("resume")(resume)
policy_app.command("forget")(forget)
policy_app.command("rollback")(rollback)
