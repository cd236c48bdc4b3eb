"""The farm's own side of many machines: the engine's scheduler and the door to join by, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from farmgui.domain.errors import FarmError
from farmgui.execution import platforms
from farmgui.execution.engine.cluster_folder import Cluster, read_cluster, write_cluster
from farmgui.execution.engine.cluster_plan import Plan, Wishes, plan
from farmgui.execution.engine.engine_address import split_address, tls_address
from farmgui.execution.engine.engine_settings import apply_settings, see_that_the_extra_is_there
from farmgui.execution.engine.invitations import GOOD_FOR
from farmgui.execution.engine.inviting import line_to_join
from farmgui.execution.engine.own_address import is_only_here, listen
from farmgui.execution.engine.serving import NoHttpServer, end_signals, first_of
from farmgui.execution.locks import held

if TYPE_CHECKING:
    from distributed import Scheduler

    from farmgui.execution.engine.certificates import Authority

Say = Callable[[str], None]

_CLOSE_WITHIN: Final = 5.0
_log = logging.getLogger(__name__)


def run_cluster(folder: Path, wishes: Wishes, say: Say) -> None:
    """Serve the farm of `folder` until SIGINT or SIGTERM; `say` is told what people should know.

    For a process's main thread. Raises FarmError.
    """
    see_that_the_extra_is_there()
    from farmgui.execution.engine.farm_keys import prepare_keys

    platforms.make_private(folder)
    runs_already = (
        f"`farmgui cluster` runs already for the farm in {folder}. "
        "To have another machine join: farmgui cluster --invite"
    )
    with held(folder / "lock", runs_already):
        known = read_cluster(folder)
        planned = plan(wishes, known)
        with listen(planned.host, planned.join_port, "--join-port") as door:
            # Whether the engine can have its port is known before anything is made.
            listen(planned.host, planned.port, "--port").close()
            authority = prepare_keys(folder, planned.host)
            asyncio.run(_serve(folder, planned, authority, door, known, say))


async def _serve(
    folder: Path, planned: Plan, authority: Authority, door: socket.socket, known: Cluster | None, say: Say
) -> None:
    from farmgui.execution.engine.join_service import JoinService

    over = asyncio.Event()
    with end_signals(over.set):
        # It only looks for its keys in the folder.
        cluster = Cluster(folder, planned.farm, "", tls_address(planned.host, door.getsockname()[1]))
        scheduler = await _start_engine(cluster, planned)
        try:
            cluster = replace(cluster, engine=tls_address(planned.host, scheduler.port))
            _keep(cluster, known)
            joining = JoinService(cluster, authority, say)
            _introduce(cluster, known, say)
            ended = scheduler.finished()  # type: ignore[no-untyped-call]
            await first_of(over.wait(), ended, joining.run(door))
            if not over.is_set():
                raise FarmError("The farm's engine has ended by itself. Start `farmgui cluster` again.")
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(scheduler.close(reason="end"), _CLOSE_WITHIN)


async def _start_engine(cluster: Cluster, planned: Plan) -> Scheduler:
    import distributed

    class Engine(NoHttpServer, distributed.Scheduler):
        pass

    apply_settings()
    scheduler = Engine(
        host=f"[{planned.host}]" if ":" in planned.host else planned.host,
        port=planned.port,
        protocol="tls",
        security=cluster.security("scheduler"),
        dashboard=False,
    )
    try:
        await scheduler
    except (OSError, RuntimeError) as error:
        why = error.__cause__ or error
        raise FarmError(
            f"The farm's engine can't listen at {planned.host}, port {planned.port}: {why}."
        ) from error
    return scheduler


def _keep(cluster: Cluster, known: Cluster | None) -> None:
    if cluster == known:
        return
    try:
        write_cluster(cluster)
    except OSError as error:
        raise FarmError(f"The folder {cluster.folder} can't be written to: {error.strerror}.") from error


def _introduce(cluster: Cluster, known: Cluster | None, say: Say) -> None:
    """Tell where it listens and how a machine joins."""
    host, port = split_address(cluster.engine)
    join_port = split_address(cluster.join)[1]
    _log.info("The farm %s listens at %s and %s.", cluster.farm, cluster.engine, cluster.join)
    say(
        f'The farm "{cluster.farm}" now listens on the network at {host}: '
        f"port {port} for its machines, port {join_port} for those that join."
    )
    if is_only_here(host):
        say("Other machines can't reach that address; --host ADDRESS names one that they can.")
    if known is not None and known.engine != cluster.engine:
        say(f"Before it was at {known.engine}: the machines that joined there need a new line each.")
    say("To have a machine join, paste this line there:")
    say("")
    say(f"    {line_to_join(cluster)}")
    say("")
    say(
        f"It is good for one machine and {GOOD_FOR / 60:.0f} minutes. "
        "For the next machine: farmgui cluster --invite"
    )
    say("Ctrl-C ends this; what machines render then goes on, and they come back when it runs again.")
