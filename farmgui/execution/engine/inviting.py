"""The line that is pasted on a machine to have it join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farmgui.domain.errors import FarmError
from farmgui.execution.engine.engine_settings import see_that_the_extra_is_there
from farmgui.execution.engine.invitations import invite
from farmgui.execution.locks import is_held

if TYPE_CHECKING:
    from pathlib import Path

    from farmgui.execution.engine.cluster_folder import Cluster


def line_to_join(cluster: Cluster) -> str:
    """What one machine can join by, with a new code. Needs the extra `farm`. Raises FarmError."""
    see_that_the_extra_is_there()
    from cryptography.hazmat.primitives.serialization import Encoding

    from farmgui.execution.engine.certificates import load_certificate

    file = cluster.folder / "engine.pem"
    try:
        certificate = load_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise FarmError(
            f"The farm's certificate {file} can't be read. Start `farmgui cluster` again: it makes it anew."
        ) from error
    code = invite(cluster.folder, certificate.public_bytes(Encoding.DER))
    return f"farmgui agent --join {cluster.join} --pass {code}"


def is_running(folder: Path) -> bool:
    """Whether a cluster serves the farm of `folder`, which is there, at this moment."""
    return is_held(folder / "lock")
