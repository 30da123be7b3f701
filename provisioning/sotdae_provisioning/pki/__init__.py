"""Who is who: the province's own certification authorities, their certificates, and what was revoked."""
