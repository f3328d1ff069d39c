"""More figures of a decoded photo."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the figures; photos are decoded again for them, since the decoder has another name."""
    for figure in ("entropy", "colorfulness", "text_likeness"):
        op.add_column("fingerprints", sa.Column(figure, sa.Float))
