"""The box's papers: those it has, or an enrolment by ticket."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sotdae_edge.adapters.tls import context
from sotdae_edge.config import TlsConfig
from sotdae_provisioning.device.client import Office, root_of
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.renewing import OFFICE, hear, office_of
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_provisioning.pki.certificates import dns_names
from sotdae_shared.errors import ConfigError, LinkError, WireError
from sotdae_shared.identity import identity_of


def check(kit: Kit) -> Notes:
    """Enrol if there is a ticket and no papers; then judge the papers that the file names."""
    notes, hub = Notes(), kit.config.hub
    if hub is None:
        notes.find(State.NOT_FITTED, "hub.none")
        return notes
    if hub.tls is None:
        notes.fault("papers.plain")
        return notes
    if kit.papers is not None and kit.papers.current is None:
        ticket = kit.ticket or kit.ask.unseen("ticket")
        if ticket:
            _enrol(kit, kit.papers, ticket, notes)
    if State.FAILED in notes.states or State.NOT_DONE in notes.states:
        return notes
    _judge(kit, hub.tls, notes)
    if kit.papers is not None and kit.papers.current is not None and notes.state is State.OK:
        _hear(kit, kit.papers, notes)
    return notes


def _enrol(kit: Kit, papers: Papers, line: str, notes: Notes) -> None:
    kit.ask.doing("papers.enrolling")
    try:
        ticket = Ticket.read(line)
        if ticket.address != kit.address:
            notes.fault(
                "papers.other_ticket", node=ticket.address.node, facility=str(ticket.address.facility)
            )
            return
        office = Office(ticket.office, root_of(ticket.office, ticket.root))
        office.enrol(papers, ticket.address, ticket.code)
        (papers.path / OFFICE).write_text(ticket.office + "\n", encoding="utf-8")
        notes.remark("papers.enrolled", office=ticket.office)
    except LinkError as error:
        notes.find(State.NOT_DONE, "papers.no_office", because=str(error)[:200])
    except (WireError, ConfigError, OSError) as error:
        notes.fault("papers.refused", because=str(error)[:200])


def _hear(kit: Kit, papers: Papers, notes: Notes) -> None:
    """Take what the office states now: a box that was replaced, or has an older floor, must learn it here."""
    try:
        office = office_of(papers, None)
    except ConfigError:
        return  # made by hand: no office is known
    kit.ask.doing("papers.hearing")
    try:
        notes.measure("stated", hear(papers, office))
    except LinkError as error:
        notes.find(State.NOT_DONE, "papers.no_office", because=str(error)[:200])
    except (WireError, ConfigError, OSError) as error:
        notes.fault("papers.unstated", because=str(error)[:200])


def _judge(kit: Kit, tls: TlsConfig, notes: Notes) -> None:
    """The files of the gate's own file are what its agent will show: those are judged, whoever made them."""
    try:
        certificate = x509.load_pem_x509_certificates(tls.chain.read_bytes())[0]
        context(tls)
    except (OSError, ValueError, LinkError) as error:
        notes.fault("papers.unusable", because=str(error)[:200])
        return
    names, wanted = dns_names(certificate), identity_of(kit.address)
    notes.measure("identity", names[0] if names else None)
    notes.measure("until", certificate.not_valid_after_utc.date().isoformat())
    notes.measure("certificate", certificate.fingerprint(hashes.SHA256()).hex())
    if wanted not in names:
        notes.fault("papers.other_name", found=", ".join(names)[:100], wanted=wanted)
    _judge_dates(certificate, kit.wall(), notes)


def _judge_dates(certificate: x509.Certificate, now: datetime, notes: Notes) -> None:
    if now < certificate.not_valid_before_utc:
        notes.fault("papers.not_yet", since=certificate.not_valid_before_utc.isoformat())
    elif now >= certificate.not_valid_after_utc:
        notes.fault("papers.run_out", until=certificate.not_valid_after_utc.date().isoformat())
