"""Released files of a data request: kept under their digests, and given out as long as they may."""

from hashlib import sha256

from tagwatch.access.reader import Reader
from tagwatch.config import Config
from tagwatch.core.data_request import DataRequest, ReleasedFile, RequestError, RequestState
from tagwatch.store.request_files import keep_released, released_file

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


def keep(config: Config, request: DataRequest, files: dict[str, bytes]) -> tuple[ReleasedFile, ...]:
    """Keep the files of a release durably, and return what the journal is to be told of them."""
    keep_released(config, request.wearer_id, request.request_id, files)
    return tuple(
        ReleasedFile(
            name=name,
            media_type=MEDIA_TYPES[name.rpartition(".")[2]],
            sha256=sha256(content).hexdigest(),
            size_bytes=len(content),
        )
        for name, content in sorted(files.items())
    )


def content_of(
    reader: Reader, config: Config, request: DataRequest, name: str
) -> tuple[ReleasedFile, bytes]:
    """Return a released file, the very one whose digest is on record.

    The caller has found the request within scope. Raises RequestError, on the audit, when access
    to it is over, NotFound for another name.
    """
    ids = [request.request_id, request.wearer_id]
    release = request.release
    files = () if release is None else release.files
    file = next((each for each in files if each.name == name), None)
    if file is None:
        reader.refuse("fetch_released", ids, f"no file {name[:80]}")
    now = reader.now()
    if request.state is not RequestState.RELEASED or (request.expires_at or now) <= now:
        reader.refused("fetch_released", ids, "access is over")
        raise RequestError("file", "Access to this is over: ask for it anew if it is still needed")
    content = released_file(config, request.wearer_id, request.request_id, file.name)
    if content is None or sha256(content).hexdigest() != file.sha256:
        reader.refused("fetch_released", ids, "the file is gone, or is not the one released")
        raise RequestError(
            "file", "The file is not there as it was released: tell the administrator"
        )
    return file, content
