"""TLS to the broker: who is trusted, and what this side shows. Read anew for each connection."""

import ssl

from sotdae_edge.config import TlsConfig
from sotdae_shared.errors import LinkError


def context(papers: TlsConfig) -> ssl.SSLContext:
    """Return a context that trusts only `trust` and shows chain and key.

    Raises:
        LinkError: naming the file that cannot be used; a renewed one is taken at the next connection.
    """
    try:
        made = ssl.create_default_context(cafile=str(papers.trust))
    except (OSError, ValueError) as error:
        raise LinkError(f"tls.trust {papers.trust}: {error}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key with a passphrase would ask for it on the terminal, of which there is none.
        made.load_cert_chain(papers.chain, papers.key, password="")
    except (OSError, ValueError) as error:
        raise LinkError(f"tls.chain {papers.chain} with tls.key {papers.key}: {error}") from error
    return made
