"""Names of the fictional world behind the multi-hop questions. All invented; word lists only."""


def _listed(text: str) -> tuple[str, ...]:
    """The parts of "this|that|more"."""
    return tuple(text.split("|"))


GIVEN_NAMES = _listed(
    "Ansel|Ottoline|Bertrim|Calla|Dorian|Edwina|Fennick|Gisela|Harald|Imke|Jorrit|Katinka|"
    "Leopold|Mirabel|Nils|Odette|Perrin|Quilla|Rasmus|Saskia|Tobias|Ulrika|Valentin|Wilmet|"
    "Yannick|Zelda|Aldous|Brigid|Corwin|Delphine|Evander|Florian"
)
SURNAMES = _listed(
    "Dorrity|Quillfeather|Vantongeren|Marrowby|Ostrander|Pellworth|Kessidine|Thrupp|"
    "Ambershaw|Lindqvar|Hollinsett|Brackendale|Sorrowind|Fairlamb|Wexcombe|Nettlefield|"
    "Corbantine|Ravensholt|Tillyard|Grimsdotter|Haverlock|Silverthwaite|Jessamond|"
    "Cloutier-Vane|Mossgrave|Dunnamore|Ellingboe|Fortescrew|Gallowhyde|Hartigan-Bray|Inkerby|"
    "Jorvale|Kettlewane|Lambswick|Merridew|Norringham|Oakenfold|Prudholm|Quenby|Rushmoor|"
    "Stavering|Tamberlane|Underhay|Vosskuhl|Wynterborn|Yarrowick|Zandvliet|Ashgrove|"
    "Bellwether|Crickhollow|Dallimore|Everwood|Foxglen|Greywater|Huxtable-Roe|"
    "Islington-Marsh|Jarndale|Kirkenes|Loxwood|Malverine"
)
TOWNS = _listed(
    "Wexmoor|Thornaby-Sel|Castellane-Dun|Ullavik|Brandermere|Port-Isolde|Nethercott|Vaskby|"
    "Morrowgate|Eskenfold|Callowhill|Drusk|Farrindon|Gullhaven|Hallowick|Ivelsea|Jotunby|"
    "Kelderwyck|Lorrimouth|Maresund|Nordelph|Ostermark|Pennyquay|Quarrington|Rookscar|"
    "Sallowford|Tarnholt|Uppermere|Veldhuis|Whitherby|Yelverdale|Zennorick|Ambleforth|"
    "Birkensund|Coldharrow|Dovermouth"
)
RIVERS = _listed(
    "Esk-Alder|Tarrow|Merle|Lunder|Osprey|Vindel|Cinderbrook|Sorne|Ibex|Willowrace|Hest|Brannoch"
)
HILLS = _listed(
    "Kestrel Moors|Lowen Fells|Candle Hills|Greyback Range|Orrin Heights|Sablewood Uplands|"
    "Merrin Downs|Stag Plateau|Ironback Ridge|Larkspur Hills|Hoar Mountains|Tumbledown Crags"
)
REGIONS = _listed("Vestermark|Hollinshire|Tolland|Marchfell|Sundmoor|Arrenland|Quoyle|Isterdale")
COMPANY_NAMES = _listed(
    "Harrow|Lantern|Meridian|Pelican|Saltbox|Ninefold|Bluebell|Cormorant|Juniper|Kingpin|"
    "Larkfield|Magpie|Northstar|Oriole|Paragon|Redbrick|Sextant|Thistle|Umbra|Vesper|"
    "Weathercock|Yardarm|Zephyr|Anvil|Beacon|Compass|Driftwood|Emberly|Falconet|Gristmill"
)
COMPANY_KINDS = _listed(
    "Clockworks|Glassworks|Tannery|Shipyard|Brewery|Printworks|Foundry|Ropeworks|Pottery|"
    "Chocolate Works"
)
PRODUCTS = _listed(
    "marine clocks|stained glass|saddle leather|herring smacks|heather ale|sea charts|"
    "church bells|tarred rope|salt-glazed jugs|almond pralines"
)
BOOK_TITLES = _listed(
    "The Salt Stair|A Winter of Herons|The Clockmaker's Tithe|Nine Doors North|"
    "The Quiet Weir|Letters to a Lamplighter|The Orchard Parliament|Ash and Vermilion|"
    "The Last Ferryman|A Map of Small Hours|The Tin Cathedral|Songs for a Drowned Mill|"
    "The Marrow Season|Seven Kinds of Rain|The Cartographer's Widow|Under the Copper Moon|"
    "The Glass Heron|An Inventory of Storms|The Beekeeper's Ledger|Tomorrow's Almanac|"
    "The Velvet Gallows|House of Tides|The Borrowed Crown|Lanterns for the Dead"
)
BRIDGE_NAMES = _listed(
    "Swanneck Bridge|Threepenny Bridge|Pilgrim Viaduct|Old Mercy Bridge|Gannet Bridge|"
    "Harlequin Bridge|Chainmaker Bridge|Sparrow Viaduct|Coronet Bridge|Widow's Bridge|"
    "Millrace Bridge|Lamplight Viaduct|Ninepin Bridge|Fiddler's Bridge|Oxbow Bridge|"
    "Rampart Bridge"
)
MUSEUM_NAMES = _listed(
    "Museum of Lanterns|Tidewater Gallery|Museum of Forgotten Maps|Copperplate Gallery|"
    "Museum of Small Engines|Whalebone Museum|Gallery of the Four Winds|Museum of Winter|"
    "Moth House Gallery|Museum of Bells|Ferry House Museum|Paper Museum"
)
SCHOOLS = _listed(
    "Calder Grammar School|Saint Orrin's College|Fellgate Academy|Institute of Tides|"
    "Ferrous Polytechnic|Sundew College|Grand Lyceum|Hawthorn School of Arts|"
    "Royal Draughtsmen's School|Larchmere Conservatory"
)
FESTIVALS = _listed(
    "Feast of the Nine Oars|Lantern Regatta|Night of Bells|Heron Week|"
    "Frost Fair of Saint Ebb|Barley Crown Days|Procession of Kites|Eel Supper|Amber Carnival|"
    "Candle Swim|Fiddle Moot|Wreath Market|Stilt Race|Plum Sunday|Boatlight Eve|"
    "Goose Parliament|Thimble Fair|Harp Week"
)
PROFESSIONS = {
    "company": "a merchant",
    "book": "a novelist",
    "bridge": "an engineer",
    "museum": "an architect",
}
