"""Rule settings in force at a time: they name nobody and are no secret to whoever is signed in."""

from tagwatch.store.settings import settings_at

__all__ = ["settings_at"]
