"""Local servers that speak the API of GOV.UK Notify and of a plain text message gateway."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from urllib.parse import parse_qs
from uuid import uuid4

SERVICE, KEY = str(uuid4()), str(uuid4())
API_KEY = f"tagwatch_test-{SERVICE}-{KEY}"
SMS_TEMPLATE, EMAIL_TEMPLATE = str(uuid4()), str(uuid4())

Answer = tuple[int, object]


def error(status: int, kind: str, message: str) -> Answer:
    """An error body as Notify writes it."""
    return status, {"status_code": status, "errors": [{"error": kind, "message": message}]}


class Server:
    """Takes requests one by one; `answers` come before its own."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[Answer] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((method, path, headers, body))
        status, found = self.answer(method, path, headers, body)
        text = json.dumps(found).encode() if found is not None else b"no json"
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(text)}\r\n\r\n".encode()
            + text
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError


class Notify(Server):
    """Version 2 of Notify's API: tokens, templates, sending, statuses."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, dict[str, object]] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (wrong := self._token(headers.get("authorization", ""))) is not None:
            return wrong
        if self.answers:
            return self.answers.pop(0)
        if method == "GET":
            found = self.sent.get(path.rsplit("/", 1)[1])
            return (200, found) if found else error(404, "NoResultFound", "No result found")
        given = json.loads(body)
        kind = path.rsplit("/", 1)[1]
        address = given.get("phone_number" if kind == "sms" else "email_address")
        if not address:
            return error(400, "ValidationError", "phone_number is a required property")
        wanted = {"sms": SMS_TEMPLATE, "email": EMAIL_TEMPLATE}[kind]
        if given["template_id"] != wanted:
            return error(400, "BadRequestError", "Template not found")
        needed = {"message"} if kind == "sms" else {"subject", "message"}
        if missing := needed - set(given["personalisation"]):
            return error(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        name = str(uuid4())
        self.sent[name] = {"id": name, "reference": given["reference"], "status": "created"}
        return 201, {
            "id": name,
            "reference": given["reference"],
            "uri": f"{self.url}/v2/notifications/{name}",
            "template": {"id": wanted, "version": 1, "uri": "…"},
            "content": {"body": given["personalisation"]["message"], "from_number": "TAGWATCH"},
        }

    def status(self, reference: str, status: str) -> None:
        """Let what was sent with our reference have this status."""
        for sent in self.sent.values():
            if sent["reference"] == reference:
                sent["status"] = status

    def _token(self, given: str) -> Answer | None:
        scheme, _, token = given.partition(" ")
        parts = token.split(".")
        if scheme != "Bearer" or len(parts) != 3:
            return error(401, "AuthError", "Unauthorized: authentication token must be provided")
        header, claims, mac = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        signed = hmac.new(KEY.encode(), f"{parts[0]}.{parts[1]}".encode(), sha256).digest()
        said = json.loads(claims)
        if json.loads(header) != {"typ": "JWT", "alg": "HS256"} or said["iss"] != SERVICE:
            return error(403, "AuthError", "Invalid token: service not found")
        if not hmac.compare_digest(signed, mac):
            return error(403, "AuthError", "Invalid token: API key not found")
        if abs(time.time() - said["iat"]) > 30:
            words = "Error: Your system clock must be accurate to within 30 seconds"
            return error(403, "AuthError", words)
        return None


class Gateway(Server):
    """A plain gateway: takes JSON or a form, names what it took, tells its status."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[dict[str, str]] = []
        self.statuses: dict[str, str] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != "Bearer gateway-secret":
            return 401, {"error": "who are you"}
        if self.answers:
            return self.answers.pop(0)
        if method == "GET":
            return 200, {"state": {"now": self.statuses.get(path.rsplit("/", 1)[1], "queued")}}
        if headers["content-type"].startswith("application/json"):
            given = json.loads(body)
        else:
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.taken.append(given)
        return 202, {"messages": [{"id": f"g{len(self.taken)}"}]}


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[None]:
    """Run a server on this machine; its address is in `url`."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield
    finally:
        listening.close()
        await listening.wait_closed()
