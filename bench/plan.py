"""Which benchmarks make the table, in its order, how large and how often; and what is aimed at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.lines import Aim

FOLDER = "{olist}"  # stands for the folder of the public Olist files


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of `bench` and what it is told. An empty `quick` leaves it out of the quick table.

    `rounds`: how often the whole benchmark runs, which has the sides take turns where it does not do so itself.
    """

    name: str
    full: tuple[str, ...]
    quick: tuple[str, ...] | None = None
    rounds: int = 1

    def told(self, *, is_quick: bool) -> tuple[str, ...] | None:
        return self.quick if is_quick else self.full

    def needs_olist(self) -> bool:
        return FOLDER in self.full


PLAN = (
    Benchmark("confirmations", ("--messages", "20000"), ("--messages", "400"), rounds=3),
    Benchmark("emptytasks", ("--messages", "20000"), ("--messages", "800"), rounds=3),
    Benchmark("doors", ("--calls", "3000", "--rounds", "5"), ("--calls", "300", "--rounds", "2")),
    Benchmark("scans", ("--sizes", "2000,20000", "--blocks", "8"), ("--sizes", "300", "--blocks", "2")),
    Benchmark("reads", ("--sizes", "10000,100000,1000000", "--blocks", "15"), ("--sizes", "500,2000", "--blocks", "2")),
    Benchmark("delays", ("--sizes", "100000,1000000,10000000"), ("--sizes", "5000,20000")),
    Benchmark("history", (FOLDER, "--orders", "0"), (FOLDER, "--orders", "300")),
    Benchmark("embedded", ()),
    Benchmark("sweep", ("--parcels", "10000"), ("--parcels", "500"), rounds=3),
    Benchmark("asking", ("--parcels", "50000"), ("--parcels", "500")),
    Benchmark("reviews", ("--reviews", "100000"), ("--reviews", "3000")),
    Benchmark("returns_policy", ("--runs", "40"), ("--runs", "10")),
    Benchmark("lookup", ("--tries", "1000")),
    Benchmark("simulate", ("--orders", "1000")),
    Benchmark("replay", (FOLDER, "--orders", "1000")),
)
AIMS: Mapping[str, Aim] = {
    aim.work: aim
    for aim in (
        Aim("event to accepted message, 20,000 mails", 3.0, is_least=True, of="ratio"),
        Aim("event to accepted message, 20,000, mail and SMS", 1000.0, is_least=True),
        Aim("inbound webhook over HTTP", 0.6, is_least=True, of="ratio"),
        Aim("delay dashboard, growth 1,000,000 to 10,000,000", 1.3, is_least=False),
        Aim("delay dashboard, 1,000,000 shipments", 150.0, is_least=False),
        *(
            Aim(f"{page}, 1,000,000 orders", 40.0, is_least=False)
            for page in ("order page, 1 line", "order page, 5 lines", "order page, 20 lines", "hub", "tracking page")
        ),
        Aim("incident sweep over 10,000 parcels, slowest round", 5.0, is_least=False),
        Aim("reviews planned for 50,000 parcels", 60.0, is_least=False),
        Aim("reviews asked of 50,000 parcels", 60.0, is_least=False),
        Aim("score and first page of 100,000 reviews", 30.0, is_least=False),
        Aim("return policy of 300 lines, p95", 50.0, is_least=False),
        Aim("simulation of 1,000 orders", 60.0, is_least=False),
        Aim("demo, first start to first page", 60.0, is_least=False),
        Aim("demo, memory of all processes, RSS", 450.0, is_least=False),
    )
}
