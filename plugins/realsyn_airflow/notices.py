"""Who is told what: events of the DAGs, as the profile's `notices` has them, to mail and webhooks.

A DAG attaches `callbacks(EVENT)` where Airflow takes callbacks or notifiers. An event of which
nobody is to be told costs nothing. Airflow's own notifiers send, by Airflow's connections; one that
fails is named in the log, and fails nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook, BaseNotifier
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.log import mask_secret

from realsyn_airflow import events, messages, settings
from realsyn_airflow.deadlines import PlanDeadline
from realsyn_airflow.messages import Notice

if TYPE_CHECKING:
    from realsyn_tasks.runs.profile import Channel

log = logging.getLogger(__name__)

TIMEOUT = 10  # seconds for a webhook to answer
Context = Any


def callbacks(event: str) -> list[BaseNotifier]:
    """Give what tells of an event: one notifier, or none where nobody is to be told."""
    return [EventNotifier(event)] if settings.notices().channels_of(event) else []


def deadline() -> DeadlineAlert | None:
    """Give the alert of late builds, where somebody is to hear it.

    It is due after `late_hours`, or where there are none, by the plan of each build.
    """
    notices = settings.notices()
    if not notices.channels_of("build_late"):
        return None
    hours = notices.late_hours
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT if hours else PlanDeadline(),
        interval=timedelta(hours=hours or 0),
        callback=AsyncCallback(tell_of_delay),
        name="late",
    )


async def tell_of_delay(context: Context = None, **_: Any) -> None:
    """Tell that a run has missed its deadline; runs in the triggerer."""
    await EventNotifier("build_late", context=context or {})


class EventNotifier(BaseNotifier):
    """Tells of one event, through all channels that the profile names for it."""

    def __init__(self, event: str, context: Context = None) -> None:
        super().__init__(context=context)
        self.event = event

    def notify(self, context: Context) -> None:
        """Send the notice, if there is something to tell."""
        for name, channel, notifier in self._notifiers(context):
            try:
                _hide_address(channel)
                notifier.notify(context)
            except Exception as error:
                _note_failure(self.event, name, error)

    async def async_notify(self, context: Context) -> None:
        """Do the same in the triggerer."""
        for name, _, notifier in self._notifiers(context):
            try:
                await notifier.async_notify(context)
            except Exception as error:
                _note_failure(self.event, name, error)

    def _notifiers(self, context: Context) -> Iterator[tuple[str, Channel, BaseNotifier]]:
        """Give what sends the notice; texts are in place, so that none is taken for a template."""
        try:
            notice = events.NOTICES[self.event](context)
        except Exception:
            log.exception("no notice of %s could be made", self.event)
            return
        if notice is None:
            return
        for name, channel in settings.notices().channels_of(self.event).items():
            yield name, channel, _MEDIA[channel.by](channel, notice)


def _hide_address(channel: Channel) -> None:
    """Keep the address of a webhook, which often is its key, out of the task's log."""
    if channel.by != "mail":
        host = BaseHook.get_connection(channel.connection).host or ""
        for secret in filter(None, (host, urlsplit(host).path.strip("/"))):
            mask_secret(secret)


def _note_failure(event: str, channel: str, error: Exception) -> None:
    """Name what failed, without its words: they may hold the address that is the webhook's key."""
    log.warning("notice of %s did not go out by %s: %s", event, channel, type(error).__name__)


def _mail(channel: Channel, notice: Notice) -> BaseNotifier:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return SmtpNotifier(
        to=list(channel.to),
        from_email=channel.sender or None,
        subject=messages.subject(notice),
        html_content=messages.html(notice),
        smtp_conn_id=channel.connection,
    )


def _webhook(channel: Channel, payload: dict[str, Any]) -> BaseNotifier:
    from airflow.providers.http.notifications.http import HttpNotifier

    return HttpNotifier(
        http_conn_id=channel.connection,
        endpoint=channel.endpoint or None,
        json=payload,
        extra_options={"timeout": TIMEOUT},
    )


_MEDIA: dict[str, Callable[[Channel, Notice], BaseNotifier]] = {
    "mail": _mail,
    "slack": lambda channel, notice: _webhook(channel, messages.slack(notice)),
    "webhook": lambda channel, notice: _webhook(channel, messages.fields(notice)),
}
