"""A record of somebody who was forgotten, for the pages that show it."""

from tagwatch.core.event import Event
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_erasure import (
    DestroyedKey,
    ErasureProof,
    ForgettingBegun,
    ForgettingProved,
    RewrittenFile,
    Trace,
)
from tagwatch.core.units import Instant
from tests.web import sample


def forgotten(at: Instant) -> list[Event]:
    """Somebody of long ago was forgotten, with the proof."""
    key = DestroyedKey(
        key_id=7, owner_kind=2, owner_id="w_gone", data_class=2, period="2020-11", records=3
    )
    proof = ErasureProof(
        keys=(key,),
        head_seq=9,
        head_digest="a" * 64,
        tables=(("wearer", 0), ("alert", 0)),
        rewritten=(
            RewrittenFile(before="a/b.parquet", before_sha256="b", after="", after_sha256=""),
        ),
        mentions=(("handover", "12"),),
    )
    trace = Trace(wearer_id=WearerId("w_gone"))
    begun = ForgettingBegun(
        forgetting_id="fg_1", trace=trace, at=at, reason="period over", by=sample.BY
    )
    return [begun, ForgettingProved(forgetting_id="fg_1", at=at, proof=proof)]
