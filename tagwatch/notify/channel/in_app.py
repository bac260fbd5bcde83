"""The officers' own pages: delivered when the row is written, for the page's stream reads rows."""

from tagwatch.notify.channel.carrier import Delivered, Outcome
from tagwatch.notify.message import Message


class InApp:
    """The in-app stream. It proves that the alert is in the list, not that anybody looked."""

    most_at_once = 64
    deadline_s = 1.0

    async def send(self, message: Message) -> Outcome:
        """Return that `message` stands in the open-alert list."""
        return Delivered(f"in the list of open alerts as {message.code}")

    async def close(self) -> None:
        """Nothing is held."""
