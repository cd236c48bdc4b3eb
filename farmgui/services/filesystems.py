"""Whether a folder lies on a network file system, where SQLite's locks can't be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

_PLAIN: Final = (
    "nfs",
    "nfs3",
    "nfs4",
    "cifs",
    "smb",
    "smbfs",
    "smb2",
    "smb3",
    "9p",
    "afp",
    "afpfs",
    "afs",
    "ncpfs",
    "ncp",
    "coda",
    "davfs",
    "davfs2",
    "webdav",
    "ceph",
    "glusterfs",
    "beegfs",
    "lustre",
    "gpfs",
    "ocfs2",
    "gfs2",
    "orangefs",
    "pvfs2",
    "prl_fs",
    "vboxsf",
    "vmhgfs",
)
_FUSE: Final = (
    "sshfs",
    "glusterfs",
    "ceph",
    "rclone",
    "s3fs",
    "davfs2",
    "moosefs",
    "mfs",
    "juicefs",
    "curlftpfs",
    "cifs",
    "gvfsd-fuse",
    "vmhgfs-fuse",
)
NETWORK_KINDS: Final = frozenset(_PLAIN) | {
    f"{fuse}.{kind}" for kind in _FUSE for fuse in ("fuse", "macfuse", "osxfuse")
}


def network_kind(folder: Path) -> str | None:
    """The kind of network file system that `folder` lies on, like "nfs4"; None for a local one."""
    place = folder.resolve()
    if str(place).startswith("\\\\"):
        return "network share"
    best, depth = None, -1
    for part in psutil.disk_partitions(all=True):
        mount = Path(part.mountpoint)
        # Of two mounts on one place the later one hides the earlier.
        if len(mount.parts) >= depth and place.is_relative_to(mount):
            best, depth = part, len(mount.parts)
    if best is None:
        return None
    kind = str(best.fstype).lower()
    if kind in NETWORK_KINDS:
        return kind
    return "network drive" if "remote" in best.opts.split(",") else None
