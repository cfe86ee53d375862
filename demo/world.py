"""Two made-up merchants: who they are, what they sell, who buys there. Facts only."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from merchants.rules import oklch_to_hex
from orders.types import Address


def number_of(name: str) -> int:
    """A shop's whole-number id for something, the same at every start."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:5])


@dataclass(frozen=True, slots=True)
class Goods:
    sku: str
    title: str
    variant: str
    price: Decimal
    picture: str
    specs: dict[str, str]

    @property
    def id(self) -> int:
        """The shop's own id of it."""
        return number_of(self.sku)


@dataclass(frozen=True, slots=True)
class Shopper:
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    address: Address

    @property
    def likes_offers(self) -> bool:
        """Two in three ticked the box."""
        return number_of(self.email) % 3 > 0


@dataclass(frozen=True, slots=True)
class Shop:
    slug: str
    name: str
    connector: str
    language: str
    country: str
    currency: str
    timezone: str
    branding: dict[str, object]
    fulfilment: dict[str, object]
    owner: tuple[str, str]
    agent: tuple[str, str]
    prefix: str
    first_number: int
    carriers: tuple[tuple[str, str, str], ...]  # name, service, tracking number pattern
    shipping: Decimal
    tax: Decimal  # share of the price: included in Germany, added in Texas
    taxes_included: bool
    goods: tuple[Goods, ...]
    shoppers: tuple[Shopper, ...]
    passers_by: tuple[Shopper, ...]

    @property
    def everybody(self) -> tuple[Shopper, ...]:
        return (*self.shoppers, *self.passers_by)


def _goods(sku: str, title: str, variant: str, price: str, picture: str, **specs: str) -> Goods:
    return Goods(sku, title, variant, Decimal(price), picture, {name.replace("_", " "): value for name, value in specs.items()})


def _person(name: str, host: str, phone: str, language: str, where: str) -> Shopper:
    """`where` is street; postcode; city; region; country."""
    first, _, last = name.partition(" ")
    street, postcode, city, region, country = where.split("; ")
    plain = name.lower().replace(" ", ".").translate(PLAIN)
    address = Address(name=name, street=street, postcode=postcode, city=city, region=region, country=country, phone=phone)
    return Shopper(first, last, f"{plain}@{host}", phone, language, address)


def _people(country: str, language: str, *rows: str) -> tuple[Shopper, ...]:
    """Everybody else who buys: `name; street; postcode; city; region` each."""
    people = (row.split("; ", 1) for row in rows)
    return tuple(_person(name, "post.example", "", language, f"{where}; {country}") for name, where in people)


PLAIN = str.maketrans({"ö": "oe", "ü": "ue", "ä": "ae", "ß": "ss"})


AURORA = Shop(
    slug="aurora",
    name="Aurora",
    connector="shopify",
    language="de",
    country="DE",
    currency="EUR",
    timezone="Europe/Berlin",
    branding={
        "color": oklch_to_hex(0.36, 0.105, 350),
        "neutral_hue": 70,
        "font": "serif",
        "display_weight": 400,
        "radius": 4,
        "email_from_name": "Aurora",
        "email_from": "bestellung@aurora.example",
        "reply_to": "care@aurora.example",
        "sms_sender": "Aurora",
        "support_email": "care@aurora.example",
        "support_phone": "+49 30 901820",
        "support_hours": "Mo bis Sa, 8:00 bis 20:00",
        "support_team": "Mehmet, Sabine und Jule",
        "postal_address": "Aurora Mode GmbH, Lindenstraße 9, 10969 Berlin",
        "shop_url": "https://aurora.example",
    },
    fulfilment={"handling_days": 1, "rush_days": 1, "cutoff_hour": 14, "transit_days_min": 1, "transit_days_max": 3},
    owner=("anna@aurora.example", "Anna Lindner"),
    agent=("mehmet@aurora.example", "Mehmet Yıldız"),
    prefix="A-",
    first_number=20360,
    carriers=(("DHL", "Paket", "00340434{:012d}"), ("Hermes", "Standard", "H100{:011d}"), ("DPD", "Classic", "0985{:010d}")),
    shipping=Decimal("4.90"),
    tax=Decimal("0.19"),
    taxes_included=True,
    goods=(
        _goods(
            "AU-COAT-38",
            "Wollmantel Juniper",
            "Anthrazit, 38",
            "289.00",
            "coat.png",
            Material="80 % Wolle, 20 % Polyamid",
            Pflege="Nur chemisch reinigen",
        ),
        _goods(
            "AU-BOOT-39", "Stiefeletten Harbour", "Schwarz, 39", "159.00", "boots.png", Material="Kalbsleder", Sohle="Gummi, neu besohlbar"
        ),
        _goods("AU-SCRF-01", "Schal Fjord", "Moosgrün", "95.00", "scarf.png", Material="100 % Merino", Maße="190 × 35 cm"),
        _goods("AU-SOCK-02", "Rippsocken, zwei Paar", "Hafer, 39 bis 42", "18.00", "socks.png", Material="Wolle und Baumwolle"),
        _goods("AU-SHRT-M", "Leinenhemd Linden", "Natur, M", "89.00", "shirt.png", Material="100 % Leinen", Pflege="40 °C"),
        _goods("AU-KNIT-S", "Lammwollpullover Birke", "Sand, S", "119.00", "knit.png", Material="100 % Lammwolle", Pflege="Handwäsche"),
        _goods("AU-TRSR-38", "Weite Hose", "Tinte, 38", "139.00", "trousers.png", Material="Baumwolltwill"),
    ),
    shoppers=(
        _person("Lena Hoffmann", "posteo.example", "+4915123456701", "de", "Weserstraße 14; 12047; Berlin; BE; DE"),
        _person("Jonas Krüger", "mail.example", "+4915123456702", "de", "Gartenweg 3; 50674; Köln; NW; DE"),
        _person("Clara Weiß", "post.example", "+4915123456703", "de", "Am Hang 21; 01099; Dresden; SN; DE"),
        _person("Sophie Martin", "courrier.example", "+33612345678", "en", "12 rue des Lilas; 67000; Strasbourg; ; FR"),
        _person("Li Wei", "youxiang.example", "+4915123456704", "zh-hans", "Zeil 88; 60313; Frankfurt am Main; HE; DE"),
        _person("Dewi Lestari", "surat.example", "+4915123456705", "id", "Steindamm 40; 20099; Hamburg; HH; DE"),
    ),
    passers_by=_people(
        "DE",
        "de",
        "Marie Vogel; Isarstraße 5; 80469; München; BY",
        "Paul Brandt; Am Markt 2; 90403; Nürnberg; BY",
        "Ida Kaiser; Maxstraße 44; 86150; Augsburg; BY",
        "Emma Seidel; Kanalweg 17; 93047; Regensburg; BY",
        "Rosa Peters; Hafenstraße 26; 45127; Essen; NW",
        "Felix Arnold; Deichstraße 30; 13597; Berlin; BE",
        "Nora Lehmann; Rheinufer 8; 40213; Düsseldorf; NW",
        "Ben Schuster; Domplatz 1; 48143; Münster; NW",
        "Anton Pohl; Brückstraße 6; 44135; Dortmund; NW",
        "Hugo Ziegler; Torstraße 88; 10119; Berlin; BE",
        "Lotte Engel; Zoostraße 19; 10785; Berlin; BE",
        "Emil Franke; Spreeufer 3; 12435; Berlin; BE",
    ),
)

VOLTLINE = Shop(
    slug="voltline",
    name="Voltline",
    connector="woocommerce",
    language="en",
    country="US",
    currency="USD",
    timezone="America/Chicago",
    branding={
        "color": oklch_to_hex(0.88, 0.2, 122),
        "neutral_hue": 255,
        "font": "grotesque",
        "display_weight": 700,
        "radius": 12,
        "email_from_name": "Voltline",
        "email_from": "orders@voltline.example",
        "reply_to": "help@voltline.example",
        "sms_sender": "Voltline",
        "support_email": "help@voltline.example",
        "support_phone": "+1 816 555 0134",
        "support_hours": "every day, 8 AM to 9 PM Central",
        "support_team": "Dana, Luis and Priya",
        "postal_address": "Voltline Inc., 400 Grand Blvd, Kansas City, MO 64106",
        "shop_url": "https://voltline.example",
    },
    fulfilment={"handling_days": 1, "rush_days": 0, "cutoff_hour": 16, "transit_days_min": 2, "transit_days_max": 4},
    owner=("owen@voltline.example", "Owen Brooks"),
    agent=("dana@voltline.example", "Dana Cole"),
    prefix="V-",
    first_number=58150,
    carriers=(("UPS", "Ground", "1Z999AA1{:010d}"), ("USPS", "Priority Mail", "94001118{:014d}"), ("FedEx", "Home Delivery", "7712{:08d}")),
    shipping=Decimal("0.00"),
    tax=Decimal("0.0825"),
    taxes_included=False,
    goods=(
        _goods("VL-HALO-G", "Halo headphones", "Graphite", "249.00", "phones.png", Battery="38 h", Weight="254 g", Bluetooth="5.4"),
        _goods("VL-SPRK-65", "Spark 65 W charger", "White, 2 ports", "49.00", "charger.png", Power="65 W", Ports="2 × USB-C"),
        _goods("VL-CBL-6", "Braided USB-C cable", "6 ft", "15.00", "cable.png", Length="6 ft", Power="100 W"),
    ),
    shoppers=(
        _person("Maya Chen", "inbox.example", "+15125550143", "en", "1208 E 6th St, Apt 4; 78702; Austin; TX; US"),
        _person("Marcus Reed", "mailbox.example", "+13125550118", "en", "4410 N Clark St; 60640; Chicago; IL; US"),
        _person("Beatriz Souza", "correio.example", "+13055550162", "pt-br", "77 Palm Ave; 33139; Miami Beach; FL; US"),
        _person("Tom Nguyen", "letters.example", "+12065550177", "en", "915 Pine St; 98101; Seattle; WA; US"),
        _person("Ada Okafor", "notes.example", "", "en", "20 Court St; 11201; Brooklyn; NY; US"),
    ),
    passers_by=_people(
        "US",
        "en",
        "Grace Miller; 810 Pearl St; 90012; Los Angeles; CA",
        "Owen Price; 22 Market St; 94105; San Francisco; CA",
        "Zoe Adams; 1500 Sunset Blvd; 90026; Los Angeles; CA",
        "Eli Hughes; 95 Elm St; 75202; Dallas; TX",
        "Pearl Simmons; 64 Congress Ave; 78701; Austin; TX",
        "Ivy Cooper; 12 Main St; 77002; Houston; TX",
        "Jack Rivera; 31 Ocean Dr; 94607; Oakland; CA",
        "Ruth Bailey; 48 Bay St; 76102; Fort Worth; TX",
        "Theo Grant; 87 Broadway; 10006; New York; NY",
        "Liam Foster; 301 Court St; 11231; Brooklyn; NY",
        "Noah Ward; 700 Lake St; 11201; Brooklyn; NY",
        "Nina Brooks; 410 Pike St; 14202; Buffalo; NY",
    ),
)

SHOPS = (AURORA, VOLTLINE)
