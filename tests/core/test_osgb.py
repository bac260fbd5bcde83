"""Eastings and northings as longitudes and latitudes, against PROJ over the whole grid."""

import math
import warnings

import numpy as np
import pytest
from pyproj import Transformer
from pyproj.transformer import TransformerGroup

from tagwatch.core.osgb import from_osgb36

EAST, NORTH = (
    axis.ravel() for axis in np.meshgrid(np.linspace(0, 6e5, 31), np.linspace(0, 1.3e6, 66))
)
SEA_NORTH_OF_M = 1_240_000.0
"""Further north PROJ has no transformation for the place and shifts nothing."""


@pytest.fixture(scope="module")
def ours() -> np.ndarray:
    places = [from_osgb36(east, north) for east, north in zip(EAST, NORTH, strict=True)]
    return np.array([(place.lon_deg, place.lat_deg) for place in places])


def test_the_whole_grid_is_as_proj_transforms_it_without_a_grid_file(ours) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the grid file is not there
        known = TransformerGroup("EPSG:27700", "EPSG:4326", always_xy=True).transformers
    (same,) = (one for one in known if "OSGB36 to WGS 84 (6)" in one.description)
    theirs = np.column_stack(same.transform(EAST, NORTH))
    assert np.abs(ours - theirs).max() < 1e-8


def test_what_proj_takes_by_itself_is_the_same_wherever_there_is_land(ours) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        taken = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
        theirs = np.column_stack(taken.transform(EAST, NORTH))
    land = NORTH <= SEA_NORTH_OF_M
    assert np.abs(ours - theirs)[land].max() < 1e-8


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="longitude nan"):
        from_osgb36(math.nan, 1.0)
