"""${message}

`pre` migrations run before the new code starts and work with the old code still running;
`post` ones run after it. Name the file NNNN_pre_what.py or NNNN_post_what.py.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration waits for a lock only briefly: behind it every query of the table would queue up.
    op.execute("SET LOCAL lock_timeout = '4s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise RuntimeError("Otklik goes forward only: restore the backup made before the upgrade")
