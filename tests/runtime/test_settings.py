"""Settings: where they come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from otklik.runtime.public import BadSettings, load_settings


def test_it_reads_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "otklik.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\n[delivery]\nconnections = 3\n')
    found = load_settings(
        {"OTKLIK_PORT": "9001", "OTKLIK_DELIVERY__SMTP_TIMEOUT_S": "5"}, file=file
    )
    assert (found.port, found.host) == (9001, "0.0.0.0")
    assert (found.delivery.connections, found.delivery.smtp_timeout_s) == (3, 5.0)


def test_several_values_stand_between_commas() -> None:
    found = load_settings({"OTKLIK_OUTGOING__ALLOWED_NETWORKS": "10.1.0.0/16, fd00::/8"})
    assert found.outgoing.allowed_networks == ("10.1.0.0/16", "fd00::/8")


def test_the_command_line_wins() -> None:
    assert load_settings({"OTKLIK_PORT": "9001"}, overrides={"port": 9002}).port == 9002
    assert load_settings({"OTKLIK_PORT": "9001"}, overrides={"port": None}).port == 9001


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"OTKLIK_ROLE": "boss"}, ["role", "'boss'", "all, web, worker"]),
        ({"OTKLIK_PORT": "99999"}, ["port", "99999"]),
        ({"OTKLIK_PORT": "http"}, ["port"]),
        ({"OTKLIK_PROT": "80"}, ["OTKLIK_PROT", "OTKLIK_PORT"]),
        ({"OTKLIK_SMTP_URL": "mail.example.com"}, ["smtp_url", "smtp://, smtps://"]),
        ({"OTKLIK_DATABASE_URL": "mysql://u:geheim@h/d"}, ["database_url", "postgresql://"]),
        ({"OTKLIK_PORT_FILE": "/etc/hosts"}, ["only secrets"]),
        ({"OTKLIK_DELIVERY__CONNECTIONS": "0"}, ["delivery.connections"]),
        ({"OTKLIK_OUTGOING__ALLOWED_NETWORKS": "10.0.0.0/8, crm"}, ["'crm'", "10.1.0.0/16"]),
    ],
)
def test_it_refuses_and_says_what_is_allowed(environ: dict[str, str], words: list[str]) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(environ)
    for word in words:
        assert word in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "smtp"
    secret.write_text("smtp://user:pass@relay.example.com:587\n")
    found = load_settings({"OTKLIK_SMTP_URL_FILE": str(secret)})
    assert found.smtp_url == "smtp://user:pass@relay.example.com:587"
    with pytest.raises(BadSettings, match="can't be read"):
        load_settings({"OTKLIK_SMTP_URL_FILE": str(tmp_path / "gone")})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "otklik.toml"
    file.write_text("port = = 1")
    with pytest.raises(BadSettings, match=r"otklik\.toml is not valid TOML"):
        load_settings({}, file=file)
    with pytest.raises(BadSettings, match="can't be read"):
        load_settings({"OTKLIK_CONFIG": str(tmp_path / "none.toml")})


def test_development_ends_where_a_relay_begins() -> None:
    assert load_settings({}).development
    assert not load_settings({"OTKLIK_SMTP_URL": "smtp://relay"}).development


def test_a_worker_process_gets_the_settings_of_its_parent(tmp_path: Path) -> None:
    from otklik.entrypoints.engines import EngineUrls
    from otklik.entrypoints.process import child_environment

    urls = EngineUrls("postgresql://a@b/c", "http://a:b@c:1/d")
    for networks in ("", "10.1.0.0/16, fd00::/8"):
        parent = load_settings(
            {"OTKLIK_OUTGOING__ALLOWED_NETWORKS": networks, "OTKLIK_DATA": str(tmp_path)}
        )
        child = load_settings(child_environment(parent, urls))
        assert child.outgoing == parent.outgoing
        assert child.ingestion == parent.ingestion
        assert child.role == "worker"
