"""The channels of this installation, made from its deployment settings."""

from typing import Final

from tagwatch.config import Config
from tagwatch.core.person import Channel
from tagwatch.notify.channel.carrier import Carrier, NotSetUp
from tagwatch.notify.channel.email import Email
from tagwatch.notify.channel.govuk_notify import GovukNotify
from tagwatch.notify.channel.in_app import InApp
from tagwatch.notify.channel.sms import Sms
from tagwatch.notify.channel.webhook import Webhook

_SET: Final = {
    Channel.EMAIL: "e-mail is not set up: set smtp.host and smtp.sender",
    Channel.WEBHOOK: "webhooks are not set up: set webhook.secret",
    Channel.GOVUK_NOTIFY: (
        "GOV.UK Notify is not set up: set notify.api_key and notify.sms_template or "
        "notify.email_template"
    ),
    Channel.SMS: "the text message gateway is not set up: set sms.url",
}


def carriers(config: Config) -> dict[Channel, Carrier]:
    """Return a carrier for every channel; one without settings refuses and says what to set.

    Raises ValueError if settings are there and wrong.
    """
    found: dict[Channel, Carrier] = {channel: NotSetUp(words) for channel, words in _SET.items()}
    found[Channel.IN_APP] = InApp()
    if config.smtp.host:
        found[Channel.EMAIL] = Email(config.smtp)
    if config.webhook.secret:
        found[Channel.WEBHOOK] = Webhook(config.webhook)
    if config.notify.api_key:
        found[Channel.GOVUK_NOTIFY] = GovukNotify(config.notify)
    if config.sms.url:
        found[Channel.SMS] = Sms(config.sms)
    return found
