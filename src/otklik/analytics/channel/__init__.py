"""Mailings together: a period against another, and which letters brought which orders."""
