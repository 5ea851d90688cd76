"""Otklik: a self-hosted customer data platform with campaigns that prove themselves."""

__version__ = "0.1.0"
