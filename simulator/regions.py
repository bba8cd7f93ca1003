"""The regions that the rehearsal knows: a picker needs names and geography, a refusal needs the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Region:
    """A place on Azure's map; ``name`` is what bodies carry, ``display`` what people read."""

    name: str
    display: str
    group: str
    geography: str
    place: str
    latitude: str
    longitude: str
    paired: str

    def wire(self, subscription: str) -> dict[str, Any]:
        """Return the region as GET /subscriptions/{id}/locations lists it."""
        root = f"/subscriptions/{subscription}/locations"
        return {
            "id": f"{root}/{self.name}",
            "name": self.name,
            "type": "Region",
            "displayName": self.display,
            "regionalDisplayName": f"({self.group}) {self.display}",
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended" if self.name in RECOMMENDED else "Other",
                "geography": self.geography,
                "geographyGroup": self.group,
                "latitude": self.latitude,
                "longitude": self.longitude,
                "physicalLocation": self.place,
                "pairedRegion": [{"name": self.paired, "id": f"{root}/{self.paired}"}] if self.paired else [],
            },
        }


def normal(location: str) -> str:
    """Return a region's name for whatever ARM accepts as one ("West Europe" is westeurope)."""
    return location.replace(" ", "").lower()


def display_name(location: str) -> str:
    """Return the name people read, or the given text for a region that is not on the map."""
    region = BY_NAME.get(normal(location))
    return region.display if region else location


_TABLE = """
eastus|East US|US|United States|Virginia|37.3719|-79.8164|westus
eastus2|East US 2|US|United States|Virginia|36.6681|-78.3889|centralus
southcentralus|South Central US|US|United States|Texas|29.4167|-98.5|northcentralus
westus2|West US 2|US|United States|Washington|47.233|-119.852|westcentralus
westus3|West US 3|US|United States|Phoenix|33.448376|-112.074036|eastus
centralus|Central US|US|United States|Iowa|41.5908|-93.6208|eastus2
northcentralus|North Central US|US|United States|Illinois|41.8819|-87.6278|southcentralus
westus|West US|US|United States|California|37.783|-122.417|eastus
westcentralus|West Central US|US|United States|Wyoming|40.89|-110.234|westus2
canadacentral|Canada Central|Canada|Canada|Toronto|43.653|-79.383|canadaeast
canadaeast|Canada East|Canada|Canada|Quebec|46.817|-71.217|canadacentral
brazilsouth|Brazil South|South America|Brazil|Sao Paulo State|-23.55|-46.633|southcentralus
northeurope|North Europe|Europe|Europe|Ireland|53.3478|-6.2597|westeurope
westeurope|West Europe|Europe|Europe|Netherlands|52.3667|4.9|northeurope
uksouth|UK South|Europe|United Kingdom|London|50.941|-0.799|ukwest
ukwest|UK West|Europe|United Kingdom|Cardiff|53.427|-3.084|uksouth
francecentral|France Central|Europe|France|Paris|46.3772|2.373|
germanywestcentral|Germany West Central|Europe|Germany|Frankfurt|50.110924|8.682127|
switzerlandnorth|Switzerland North|Europe|Switzerland|Zurich|47.451542|8.564572|
norwayeast|Norway East|Europe|Norway|Norway|59.913868|10.752245|
swedencentral|Sweden Central|Europe|Sweden|Gävle|60.67488|17.14127|
polandcentral|Poland Central|Europe|Poland|Warsaw|52.23334|21.01666|
italynorth|Italy North|Europe|Italy|Milan|45.46888|9.18109|
southafricanorth|South Africa North|Africa|South Africa|Johannesburg|-25.73134|28.21837|
uaenorth|UAE North|Middle East|UAE|Dubai|25.266666|55.316666|
centralindia|Central India|Asia Pacific|India|Pune|18.5822|73.9197|southindia
southindia|South India|Asia Pacific|India|Chennai|12.9822|80.1636|centralindia
westindia|West India|Asia Pacific|India|Mumbai|19.088|72.868|southindia
jioindiawest|Jio India West|Asia Pacific|India|Jamnagar|22.470701|70.05773|
eastasia|East Asia|Asia Pacific|Asia Pacific|Hong Kong|22.267|114.188|southeastasia
southeastasia|Southeast Asia|Asia Pacific|Asia Pacific|Singapore|1.283|103.833|eastasia
japaneast|Japan East|Asia Pacific|Japan|Tokyo, Saitama|35.68|139.77|japanwest
japanwest|Japan West|Asia Pacific|Japan|Osaka|34.6939|135.5022|japaneast
koreacentral|Korea Central|Asia Pacific|Korea|Seoul|37.5665|126.978|koreasouth
koreasouth|Korea South|Asia Pacific|Korea|Busan|35.1796|129.0756|koreacentral
australiaeast|Australia East|Asia Pacific|Australia|New South Wales|-33.86|151.2094|australiasoutheast
australiasoutheast|Australia Southeast|Asia Pacific|Australia|Victoria|-37.8136|144.9631|australiaeast
australiacentral|Australia Central|Asia Pacific|Australia|Canberra|-35.3075|149.1244|
australiacentral2|Australia Central 2|Asia Pacific|Australia|Canberra|-35.3075|149.1244|
"""

REGIONS = tuple(Region(*line.split("|")) for line in _TABLE.strip().splitlines())
BY_NAME = {region.name: region for region in REGIONS}
#: Microsoft's own early regions: no list shows them, and they take resources all the same.
CANARIES = frozenset({"eastus2euap", "centraluseuap", "eastusstg", "southcentralusstg"})
RECOMMENDED = frozenset(
    [
        "eastus",
        "eastus2",
        "southcentralus",
        "westus2",
        "westus3",
        "centralus",
        "canadacentral",
        "brazilsouth",
        "northeurope",
        "westeurope",
        "uksouth",
        "francecentral",
        "germanywestcentral",
        "switzerlandnorth",
        "norwayeast",
        "swedencentral",
        "polandcentral",
        "italynorth",
        "southafricanorth",
        "uaenorth",
        "centralindia",
        "eastasia",
        "southeastasia",
        "japaneast",
        "koreacentral",
        "australiaeast",
    ]
)
