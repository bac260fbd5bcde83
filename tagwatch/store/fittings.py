"""Of one wearer, from the register: whether his orders are watched by any tag."""

from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant
from tagwatch.core.unmonitored import Unmonitored, unmonitored
from tagwatch.store.exemptions import custodies
from tagwatch.store.register import Register


def unmonitored_of(
    register: Register, wearer: WearerId, heard_at: Instant | None, at: Instant, within_s: int
) -> Unmonitored | None:
    """Return what is ordered of the wearer and not monitored at `at`, see `unmonitored`."""
    orders = register.orders_in_force(wearer, at)
    if not orders:
        return None
    released = [each.ends_at for each in custodies(register.exemptions.of(wearer))]
    worn = register.activations_of(wearer)
    return unmonitored(orders, worn, released, heard_at, at, within_s)
