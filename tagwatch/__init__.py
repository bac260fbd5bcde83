"""Tagwatch: open GPS electronic monitoring that says how sure it is."""

import os
from hashlib import sha256
from pathlib import Path

__version__ = "0.1.0"


def _keep_compiled_code_apart() -> None:
    """Keep compiled kernels in a folder named after all their sources.

    numba takes compiled code for current while the file of a function is; a number in another file
    that it was compiled with may have changed since.
    """
    here = Path(__file__).parent
    names = ("filter*.py", "gaussian.py", "*_kernel.py", "plane.py", "rules/tally.py")
    sources = [source for name in names for source in sorted((here / "core").glob(name))]
    digest = sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    folder = here / "__pycache__" / f"compiled-{digest}"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))


_keep_compiled_code_apart()
