"""Whether a domain is set up for sending."""
