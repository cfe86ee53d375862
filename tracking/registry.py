"""Carriers we know by name: how they are written, where a number is looked up, whom to call."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier; `tracking` holds `{number}`."""

    code: str
    name: str
    tracking: str
    phone: str = ""
    aliases: tuple[str, ...] = ()

    def url_for(self, number: str) -> str:
        """The carrier's own page for a number; "" without a number."""
        return self.tracking.replace("{number}", quote(number, safe="")) if number else ""


CARRIERS = (
    Carrier("dhl", "DHL", "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}", "+49 228 4333112",
            ("DHL Paket", "DHL Germany", "Deutsche Post DHL", "DHL Parcel")),
    Carrier("dhl-express", "DHL Express", "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}&submit=1", "",
            ("DHL Express Worldwide", "DHL International")),
    Carrier("dhl-ecommerce", "DHL eCommerce", "https://webtrack.dhlecs.com/?trackingnumber={number}", "", ("DHL Global Mail",)),
    Carrier("deutsche-post", "Deutsche Post", "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={number}",
            "+49 228 4333112", ("Deutsche Post Brief", "Warenpost")),
    Carrier("hermes", "Hermes", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}", "",
            ("Hermes Germany", "Hermesworld", "myHermes")),
    Carrier("dpd", "DPD", "https://tracking.dpd.de/parcelstatus?query={number}&locale=en_D2",
            "", ("DPD Germany", "DPDgroup", "DPD Classic")),
    Carrier("dpd-uk", "DPD UK", "https://track.dpd.co.uk/search?reference={number}", "", ("DPD Local",)),
    Carrier("gls", "GLS", "https://gls-group.com/track/{number}", "", ("GLS Germany", "General Logistics Systems")),
    Carrier("ups", "UPS", "https://www.ups.com/track?loc=en_US&tracknum={number}", "+1 800 742 5877",
            ("United Parcel Service", "UPS Ground", "UPS Standard")),
    Carrier("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}", "+1 800 463 3339",
            ("Federal Express", "FedEx Ground", "FedEx Express", "FedEx Home Delivery")),
    Carrier("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}", "+1 800 275 8777",
            ("United States Postal Service", "US Postal Service", "USPS Priority Mail")),
    Carrier("ontrac", "OnTrac", "https://www.ontrac.com/tracking/?number={number}", "+1 800 334 5000", ("LaserShip",)),
    Carrier("amazon-logistics", "Amazon Logistics", "https://track.amazon.com/tracking/{number}", "",
            ("Amazon Shipping", "Amazon Logistics US", "Amazon Logistics UK", "AMZL")),
    Carrier("royal-mail", "Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
            "+44 3457 740740", ("RoyalMail",)),
    Carrier("evri", "Evri", "https://www.evri.com/track/parcel/{number}", "", ("Hermes UK", "MyHermes UK")),
    Carrier("canada-post", "Canada Post", "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={number}",
            "+1 866 607 6301", ("Postes Canada",)),
    Carrier("australia-post", "Australia Post", "https://auspost.com.au/mypost/track/details/{number}", "", ("AusPost",)),
    Carrier("la-poste", "La Poste", "https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
            "", ("Colissimo", "La Poste Colissimo")),
    Carrier("chronopost", "Chronopost", "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}", "", ()),
    Carrier("postnl", "PostNL", "https://postnl.nl/tracktrace/?B={number}", "", ("Post NL", "PostNL Domestic")),
    Carrier("bpost", "bpost", "https://track.bpost.cloud/btr/web/#/search?itemCode={number}", "", ("bpost International",)),
    Carrier("austrian-post", "Austrian Post", "https://www.post.at/sv/sendungsdetails?snr={number}",
            "", ("Österreichische Post", "Post.at")),
    Carrier("swiss-post", "Swiss Post", "https://service.post.ch/ekp-web/ui/entry/search/{number}",
            "", ("Die Schweizerische Post", "Post.ch")),
    Carrier("sf-express", "SF Express", "https://www.sf-express.com/chn/en/waybill/waybill-detail/{number}",
            "+86 95338", ("顺丰速运", "顺丰", "SF")),
    Carrier("jne", "JNE", "https://www.jne.co.id/tracking-package?awb={number}", "+62 21 29278888", ("JNE Express", "JNE REG")),
    Carrier("jnt", "J&T Express", "https://jet.co.id/track?awb={number}", "+62 21 80661888", ("J&T", "JNT", "JNT Express")),
    Carrier("sicepat", "SiCepat", "https://www.sicepat.com/checkAwb?awb={number}", "", ("SiCepat Ekspres", "SiCepat REG")),
    Carrier("pos-indonesia", "Pos Indonesia", "https://www.posindonesia.co.id/id/tracking?barcode={number}",
            "+62 21 1500161", ("PT Pos", "POSINDO")),
)  # fmt: skip


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


_BY_KEY = {_key(word): carrier for carrier in CARRIERS for word in (carrier.code, carrier.name, *carrier.aliases)}


def find_carrier(text: str) -> Carrier | None:
    """The carrier a shop means by its code, name or an alias, whatever the case, spaces and hyphens. None rather than a guess."""
    return _BY_KEY.get(_key(text)) if len(text) <= 80 else None


def carrier_of(code: str) -> Carrier | None:
    """The carrier with a stored code."""
    return _BY_KEY.get(_key(code)) if code else None
