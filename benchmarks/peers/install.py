"""Makes the environments of the peers: `python -m benchmarks.peers.install [PEER ...]`.

One that cannot be installed is skipped, and said so. Where pip's index has builds for graphics cards (PyTorch), point
pip at builds for CPUs first: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu.
"""

import subprocess
import sys

from benchmarks.peers.catalog import ENVIRONMENTS, FOLDER, python_of


def install(peer: str) -> str | None:
    """Make or complete the environment of a peer; why not, where that fails. Nothing to do where its pins stand."""
    wanted = "\n".join(ENVIRONMENTS[peer].requirements)
    stamp = FOLDER / peer / "installed.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return None
    print(f"installing {', '.join(ENVIRONMENTS[peer].requirements)} into {FOLDER.name}/{peer}", flush=True)
    if not python_of(peer).exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(FOLDER / peer)], capture_output=True, text=True)
        if made.returncode:
            return _last_line(made)
    pip = [str(python_of(peer)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *ENVIRONMENTS[peer].requirements], capture_output=True, text=True)
    if done.returncode:
        return _last_line(done)
    stamp.write_text(wanted)
    return None


def _last_line(done: "subprocess.CompletedProcess[str]") -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"


def main() -> None:
    names = sys.argv[1:] or list(ENVIRONMENTS)
    unknown = [name for name in names if name not in ENVIRONMENTS]
    if unknown:
        sys.exit(f"there is no peer {unknown[0]!r}; there are {', '.join(ENVIRONMENTS)}")
    for name in names:
        reason = install(name)
        if reason is not None:
            print(f"SKIPPED {name}: it could not be installed: {reason}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
