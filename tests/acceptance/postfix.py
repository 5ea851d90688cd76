"""A Postfix of our own for a test: its configuration, queue and ports belong to it alone.

    relay     127.0.0.1, an smtpd that Otklik hands its letters to
    far       a second smtpd with its own rules: the server of a domain far away
    box.example     mailboxes here, in Maildir
    far.example     goes on to `far`, which refuses some; then Postfix writes the bounce
    in.shop.example goes to Otklik's server for returned mail, encrypted and verified

Started as the daemon itself, not by `postfix start`, so that nothing of the machine's own
installation is looked at or changed; ended by its process id.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAEMONS = Path("/usr/lib/postfix/sbin")
MASTER = DAEMONS / "master"
POSTMAP = "/usr/sbin/postmap"
_QUEUE = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
    "saved", "trace",
)  # fmt: skip
_START_S = 30.0

_MASTER_CF = """
127.0.0.1:{relay} inet n - n - - smtpd
127.0.0.1:{far} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{root}/far,permit
  -o smtpd_relay_restrictions=permit_mynetworks,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_MAIN_CF = """
compatibility_level = 3.6
config_directory = {root}
daemon_directory = {daemons}
queue_directory = {root}/queue
data_directory = {root}/data
mail_owner = postfix
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = mx.relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
biff = no
alias_maps =
local_recipient_maps =
in_flow_delay = 0s
message_size_limit = 1048576
virtual_mailbox_domains = box.example
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = texthash:{root}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
relay_domains = far.example, in.shop.example
transport_maps = texthash:{root}/transport
smtpd_recipient_restrictions = check_recipient_access hash:{root}/access, permit_mynetworks, reject
smtpd_tls_cert_file = {root}/relay.pem
smtpd_tls_key_file = {root}/relay.key
smtpd_tls_security_level = may
smtp_tls_CAfile = {root}/ca.pem
smtp_tls_policy_maps = texthash:{root}/tls
smtp_tls_loglevel = 1
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""


def missing() -> str:
    """Return why there can be no Postfix here; empty when there can."""
    if not MASTER.exists():
        return "Postfix is not installed"
    if os.geteuid() != 0:
        return "Postfix is started by root only"
    return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Authority:
    """A certificate authority of the test, which both sides believe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self._made = self._sign(name, name, self._key.public_key(), authority=True)
        (root / "ca.pem").write_bytes(self._made.public_bytes(serialization.Encoding.PEM))

    def issue(self, stem: str, host: str) -> tuple[str, str]:
        """Write a certificate for a host and its key; returns both paths."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = self._sign(self._made.subject, name, key.public_key(), host=host)
        paths = self.root / f"{stem}.pem", self.root / f"{stem}.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        paths[1].chmod(0o600)
        return str(paths[0]), str(paths[1])

    def _sign(
        self,
        issuer: x509.Name,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        host: str = "",
        authority: bool = False,
    ) -> x509.Certificate:
        today = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .issuer_name(issuer)
            .subject_name(subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if host:
            names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self._key, hashes.SHA256())


class Postfix:
    """A running relay: `with Postfix(folder, inbound_port=...) as relay`."""

    def __init__(self, root: Path, *, inbound_port: int) -> None:
        self.root = root
        self.port, self.far_port = free_port(), free_port()
        self.inbound_port = inbound_port
        self.authority = Authority(root)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postfix:
        owner, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
        root = self.root
        root.chmod(0o755)
        self.authority.issue("relay", "mx.relay.example")
        for name in ("queue", "data", "boxes"):
            (root / name).mkdir()
        for name in (*_QUEUE, "public", "maildrop", "pid"):
            (root / "queue" / name).mkdir(mode=0o700)
            if name != "pid":
                os.chown(root / "queue" / name, owner.pw_uid, owner.pw_gid)
        os.chown(root / "data", owner.pw_uid, owner.pw_gid)
        os.chown(root / "boxes", nobody.pw_uid, nobody.pw_gid)
        values = {
            "root": root, "daemons": DAEMONS, "relay": self.port, "far": self.far_port,
            "uid": nobody.pw_uid, "gid": nobody.pw_gid,
        }  # fmt: skip
        (root / "main.cf").write_text(_MAIN_CF.format(**values))
        (root / "master.cf").write_text(_MASTER_CF.format(**values))
        self.table("tls", {f"[127.0.0.1]:{self.inbound_port}": "secure match=in.shop.example"})
        self.table(
            "transport",
            {
                "far.example": f"smtp:[127.0.0.1]:{self.far_port}",
                "in.shop.example": f"smtp:[127.0.0.1]:{self.inbound_port}",
            },
        )
        for name in ("mailboxes", "far"):
            self.table(name, {})
        self.access({})
        return self

    def start(self) -> None:
        """Start it; the tables may be filled before."""
        self._process = self._begin()
        ends = time.monotonic() + _START_S
        while time.monotonic() < ends:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None:
                # Somebody else had one of its ports for a moment.
                self._process = self._begin()
            time.sleep(0.05)
        raise AssertionError(f"Postfix did not start:\n{self.log()}")

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(MASTER), "-c", str(self.root), "-d"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(self.root)},
            start_new_session=True,
        )

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            # The daemon ends its children by the group that it leads.
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(10)
        shutil.rmtree(self.root, ignore_errors=True)

    def table(self, name: str, rows: dict[str, str]) -> None:
        lines = "".join(f"{key} {value}\n" for key, value in rows.items())
        (self.root / name).write_text(lines)

    def access(self, rows: dict[str, str]) -> None:
        """Say what is answered to recipients; a hashed table is seen while Postfix runs."""
        self.table("access", rows)
        subprocess.run(
            [POSTMAP, "-c", str(self.root), f"hash:{self.root / 'access'}"], check=True, timeout=10
        )

    def mailboxes(self, names: list[str]) -> None:
        self.table("mailboxes", {f"{name}@box.example": f"{name}/" for name in names})

    def letters(self, name: str) -> list[bytes]:
        """Return what lies in somebody's Maildir."""
        folder = self.root / "boxes" / name / "new"
        return [one.read_bytes() for one in sorted(folder.iterdir())] if folder.exists() else []

    def log(self) -> str:
        file = self.root / "log"
        return file.read_text() if file.exists() else ""
