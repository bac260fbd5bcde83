"""What the apps of real phones send, byte for byte, to the tags' port of an installation."""

import json
import socket
from base64 import b64encode
from datetime import datetime
from typing import NamedTuple

from tests.browser.conftest import Site

JSON = "application/json"


class Spot(NamedTuple):
    """Where a phone says it is, and when."""

    lon: float
    lat: float
    at: datetime


def send_as_traccar_client(real: Site, identity: str, spot: Spot) -> None:
    """Send one fix as version 9 of the app does, byte for byte."""
    lon, lat, at = spot
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    body = (
        f'{{"location":{{"timestamp":"{stamp}","coords":{{"latitude":{lat},'
        f'"longitude":{lon},"accuracy":8,"speed":0,"heading":0,"altitude":21}},'
        '"is_moving":true,"odometer":0,"event":"","battery":{"level":0.87,"is_charging":false},'
        '"activity":{"type":"walking"},"extras":{},'
        f'"_":"&id={identity}&lat={lat}&lon={lon}&timestamp={stamp}&"}},'
        f'"device_id":"{identity}"}}'
    ).encode()
    _post(real, "/", body, "okhttp/4.12.0")


def send_as_osmand(real: Site, identity: str, spot: Spot) -> None:
    """Send one fix as older versions of Traccar Client do: everything in the query, no body."""
    lon, lat, at = spot
    query = (
        f"id={identity}&timestamp={int(at.timestamp())}&lat={lat}&lon={lon}&speed=0.0&bearing=0.0"
        "&altitude=21.0&accuracy=8.0&batt=87.0"
    )
    _post(real, f"/?{query}", b"", "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6)")


def send_as_owntracks(real: Site, user: str, password: str, spot: Spot) -> None:
    """Send one fix as OwnTracks for Android does in HTTP mode."""
    body = {
        "_type": "location", "BSSID": "", "SSID": "", "_id": "1", "acc": 8, "alt": 21, "batt": 87,
        "bs": 1, "cog": 0, "conn": "m", "created_at": int(spot.at.timestamp()), "lat": spot.lat,
        "lon": spot.lon, "m": 2, "source": "gps", "t": "u", "tid": "tw", "tst": int(
            spot.at.timestamp()
        ), "vac": 2, "vel": 3,
    }  # fmt: skip
    basic = b64encode(f"{user}:{password}".encode()).decode()
    more = f"Authorization: Basic {basic}\r\nX-Limit-U: {user}\r\nX-Limit-D: tag\r\n"
    answer = _post(real, "/owntracks", json.dumps(body).encode(), "Owntracks-Android/gms", more)
    assert answer.endswith(b"[]"), answer


def _post(real: Site, path: str, body: bytes, agent: str, more: str = "") -> bytes:
    kind = f"Content-Type: {JSON}\r\n" if body else ""
    head = (
        f"POST {path} HTTP/1.1\r\n{kind}Host: 127.0.0.1:{real.config.tags.port}\r\n"
        f"Connection: close\r\nAccept-Encoding: gzip\r\nUser-Agent: {agent}\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", real.config.tags.port), 10) as tag:
        tag.sendall(head + body)
        answer = b""
        while chunk := tag.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return answer
