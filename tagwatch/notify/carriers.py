"""The channels of this installation, made from its deployment settings."""

from tagwatch.config import SmtpConfig, WebhookConfig
from tagwatch.core.person import Channel
from tagwatch.notify.channel.carrier import Carrier, NotSetUp
from tagwatch.notify.channel.email import Email
from tagwatch.notify.channel.in_app import InApp
from tagwatch.notify.channel.webhook import Webhook


def carriers(smtp: SmtpConfig, webhook: WebhookConfig) -> dict[Channel, Carrier]:
    """Return a carrier for every channel; one without settings refuses and says what to set.

    Raises ValueError if settings are there and wrong.
    """
    email: Carrier = NotSetUp("e-mail is not set up: set smtp.host and smtp.sender")
    if smtp.host:
        email = Email(smtp)
    hook: Carrier = NotSetUp("webhooks are not set up: set webhook.secret")
    if webhook.secret:
        hook = Webhook(webhook)
    return {
        Channel.IN_APP: InApp(),
        Channel.EMAIL: email,
        Channel.WEBHOOK: hook,
        Channel.GOVUK_NOTIFY: NotSetUp(
            "GOV.UK Notify is not offered by this version: give the contact another channel"
        ),
    }
