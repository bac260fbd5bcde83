"""Where London's boroughs lie: a point well inside each, from the shipped boundaries (CC0).

Contains OS data © Crown copyright and database right.
"""

from typing import Final

from tagwatch.core.geometry import LonLat

CENTRES: Final[dict[str, LonLat]] = {
    name: LonLat(lon_deg=lon, lat_deg=lat)
    for name, lon, lat in (
        ("Barking and Dagenham", 0.1340, 51.5453),
        ("Barnet", -0.2100, 51.6160),
        ("Bexley", 0.1404, 51.4588),
        ("Brent", -0.2678, 51.5586),
        ("Bromley", 0.0515, 51.3720),
        ("Camden", -0.1574, 51.5464),
        ("City of London", -0.0922, 51.5148),
        ("Croydon", -0.0872, 51.3553),
        ("Ealing", -0.3310, 51.5225),
        ("Enfield", -0.0873, 51.6510),
        ("Greenwich", 0.0566, 51.4728),
        ("Hackney", -0.0633, 51.5523),
        ("Hammersmith and Fulham", -0.2213, 51.4960),
        ("Haringey", -0.1075, 51.5904),
        ("Harrow", -0.3413, 51.5977),
        ("Havering", 0.2211, 51.5644),
        ("Hillingdon", -0.4457, 51.5415),
        ("Hounslow", -0.3671, 51.4684),
        ("Islington", -0.1103, 51.5485),
        ("Kensington and Chelsea", -0.1928, 51.5016),
        ("Kingston upon Thames", -0.2869, 51.3879),
        ("Lambeth", -0.1183, 51.4531),
        ("Lewisham", -0.0203, 51.4481),
        ("Merton", -0.1973, 51.4099),
        ("Newham", 0.0364, 51.5283),
        ("Redbridge", 0.0759, 51.5857),
        ("Richmond upon Thames", -0.3130, 51.4422),
        ("Southwark", -0.0746, 51.4731),
        ("Sutton", -0.1776, 51.3621),
        ("Tower Hamlets", -0.0356, 51.5172),
        ("Waltham Forest", -0.0126, 51.5940),
        ("Wandsworth", -0.1864, 51.4514),
        ("Westminster", -0.1613, 51.5139),
    )
}

CANYON: Final = frozenset({"City of London", "Westminster", "Camden", "Tower Hamlets"})
"""Boroughs whose streets are simulated with the error of a street canyon."""
