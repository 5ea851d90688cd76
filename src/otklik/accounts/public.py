"""The door of accounts: callers, permissions, workspaces, keys, audit."""

from otklik.accounts.errors import Forbidden, NotSignedIn
from otklik.accounts.guards import Who, provide_principal, requires
from otklik.accounts.letters import use_letters_stay
from otklik.accounts.model import (
    ApiKey,
    KeyKind,
    KeyOwner,
    Permission,
    Principal,
    Role,
    User,
    Workspace,
)
from otklik.accounts.names import user_names
from otklik.accounts.operations import (
    KEYS_CHANNEL,
    create_key,
    create_user,
    create_workspace,
    write_audit,
)
from otklik.accounts.passwords import hash_password, password_matches
from otklik.accounts.queries import (
    find_key,
    get_user,
    get_workspace,
    list_keys,
    list_workspaces,
    workspace_ids,
)

__all__ = [
    "KEYS_CHANNEL",
    "ApiKey",
    "Forbidden",
    "KeyKind",
    "KeyOwner",
    "NotSignedIn",
    "Permission",
    "Principal",
    "Role",
    "User",
    "Who",
    "Workspace",
    "create_key",
    "create_user",
    "create_workspace",
    "find_key",
    "get_user",
    "get_workspace",
    "hash_password",
    "list_keys",
    "list_workspaces",
    "password_matches",
    "provide_principal",
    "requires",
    "use_letters_stay",
    "user_names",
    "workspace_ids",
    "write_audit",
]
