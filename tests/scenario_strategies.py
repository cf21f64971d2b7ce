"""Scenarios of every kind, drawn by hypothesis."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

from hypothesis import strategies as st

from ketum.engine.outputs import output_catalogue
from ketum.evidence.safety import legal_places
from ketum.mood import CHANNELS, causal_settings
from ketum.products import Product, products
from ketum.regimens import Composition, Hidden
from ketum.regimens.phases import Amount, Event, EventTable, Medicine, Phase
from ketum.scenario import Arm, People, Record, Scenario
from ketum.scenario.doses import interacting_medicines
from ketum.scenario.model import Context, Monitor, Population, Setting, Treatment, Uncertainty
from ketum.scenario.use import taper_by_length

DAYS = st.integers(1, 400).map(lambda days: 24.0 * days)
HALF_HOURS = st.integers(1, 2000).map(lambda halves: halves / 2)
POSITIVE = st.floats(1e-6, 1e3)
CONTENTS = st.floats(1e-3, 1e3)
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=40).filter(
    str.strip
)


def clock_times(count: int) -> st.SearchStrategy[tuple[float, ...]]:
    halves = st.lists(st.integers(0, 47), min_size=count, max_size=count, unique=True)
    return st.one_of(st.just(()), halves.map(lambda times: tuple(sorted(t / 2 for t in times))))


@st.composite
def in_hand(draw: st.DrawFn, product: Product, basis: str) -> dict[str, Any]:
    """What a phase may say of its product."""
    if product.kind not in ("kratom", "7oh"):
        return {}
    by_content, leaf = basis == product.content_basis, product.kind == "kratom"
    label = None if leaf or not by_content else draw(st.none() | CONTENTS)
    hidden = st.builds(Hidden, name=st.just("methadone"), dose_mg=POSITIVE, in_share=st.floats(0.01, 0.99))
    held = Composition(
        content=draw(st.none() | CONTENTS) if by_content and label is None else None,
        label_mg=label,
        added_7oh=draw(st.just(0.0) | CONTENTS) if by_content and leaf else 0.0,
        hidden=draw(st.none() | hidden),
    )
    lots = st.sampled_from([{}, {"new_lot": True}, {"lot_every_h": 168.0}])
    differ = held.hidden is not None or (by_content and held.content is None)
    vein = draw(st.none() | NAMES) if leaf else None
    return {"vein": vein, "composition": held, **(draw(lots) if differ else {})}


@st.composite
def servings(draw: st.DrawFn, last: bool) -> Phase:
    product = draw(st.sampled_from(list(products().values())))
    modes = ["times", "per_day", "every"] + ["as_needed"] * (product.kind in ("kratom", "7oh"))
    mode = draw(st.sampled_from(modes))
    count = draw(st.integers(1, 6)) if mode in ("times", "per_day") else None
    at_h = draw(clock_times(count or 1)) if mode == "per_day" else draw(clock_times(1))
    every_h = None
    if mode == "every" or (mode == "times" and count != 1):
        every_h = draw(DAYS if at_h else HALF_HOURS)
    weekly = mode == "per_day" and draw(st.booleans())
    first_day = draw(st.integers(0, 9)) if mode == "times" else 0
    for_h = None if last and mode != "times" and draw(st.booleans()) else draw(DAYS)
    if mode == "times":
        for_h = 24.0 * (100 + first_day) + 6 * (every_h or 0.0) // 24 * 24
    basis = draw(st.sampled_from(product.bases))
    return Phase(
        mode=mode,  # type: ignore[arg-type]
        product=product.name,
        dose=Amount(draw(POSITIVE), basis),  # type: ignore[arg-type]
        **draw(in_hand(product, basis)),
        count=count,
        every_h=every_h,
        for_h=for_h,
        on_days=draw(st.frozensets(st.integers(0, 6), min_size=1)) if weekly else None,
        at_h=() if mode == "as_needed" else at_h,
        at_most_per_day=draw(st.none() | st.integers(1, 9)) if mode == "as_needed" else None,
        first_day=first_day,
    )


@st.composite
def courses(draw: st.DrawFn) -> tuple[Phase, ...]:
    phases: list[Phase] = []
    for _ in range(draw(st.integers(0, 3))):
        phases.append(draw(servings(last=False)))
        if phases[-1].mode in ("per_day", "every") and draw(st.booleans()):
            share = draw(st.integers(1, 999).map(lambda share: share / 1000))
            over = Phase(mode="taper_over", for_h=draw(DAYS))
            phases.append(
                draw(
                    st.sampled_from(
                        [
                            over,
                            Phase(
                                mode="taper_by",
                                taper_share_per_week=share,
                                for_h=taper_by_length(share, 0.02),
                            ),
                        ]
                    )
                )
            )
        phases.extend(
            draw(st.sampled_from([(), (Phase(mode="pause", for_h=72.0),), (Phase(mode="stop", for_h=24.0),)]))
        )
    end = Phase(mode="stop") if draw(st.booleans()) else draw(servings(last=True))
    return (*phases, end)


@st.composite
def medicines(draw: st.DrawFn) -> Medicine:
    own = draw(st.booleans())
    times = draw(st.sampled_from([{"per_day": 2}, {"at_h": (8.0, 20.5)}] + ([] if own else [{}])))
    return Medicine(
        name=draw(st.sampled_from(("morphine", "naltrexone") if own else interacting_medicines())),
        dose_mg=draw(POSITIVE) if own else draw(st.none() | POSITIVE),
        from_h=draw(st.just(0.0) | DAYS),
        for_h=draw(st.none() | DAYS),
        **times,  # type: ignore[arg-type]
    )


@st.composite
def event_tables(draw: st.DrawFn) -> EventTable:
    dose = st.builds(
        lambda mg, evid, ii, addl, ss: Event(
            time_h=0.0, amount_mg=mg, evid=evid, interval_h=ii, additional=addl, steady_state=ss
        ),
        POSITIVE,
        st.sampled_from([1, 4]),
        HALF_HOURS,
        st.integers(0, 50),
        st.booleans(),
    )
    other = st.sampled_from([2, 3]).map(lambda evid: Event(time_h=24.0, evid=evid))
    ids = draw(st.sets(st.integers(0, 99), min_size=1, max_size=3))
    rows = [tuple(draw(st.lists(dose, max_size=2)) + draw(st.lists(other, max_size=2))) for _ in ids]
    return EventTable("leaf_powder", tuple(sorted(ids)), tuple(rows))


@st.composite
def treatment_lists(draw: st.DrawFn) -> list[Treatment]:
    """One drug and one therapy, each for some days, or a placebo alone."""
    chosen = draw(st.sampled_from([("sertraline", "cbt"), ("placebo",), ("exercise", "substitution"), ("duloxetine",)]))
    return [
        Treatment(
            name=name,
            dose_mg=draw(st.none() | st.just(50.0)) if name in ("sertraline", "duloxetine") else None,
            per_day=None,
            from_h=24.0 * draw(st.integers(0, 1)),
            for_h=24.0 * draw(st.integers(1, 50)),
            adherence=draw(st.floats(0.1, 1.0)),
        )
        for name in chosen
    ]


@st.composite
def monitors(draw: st.DrawFn, visits: int) -> Monitor:
    return Monitor(
        every_h=24.0,
        rise=draw(st.floats(1.0, 20.0)),
        item_nine=draw(st.booleans()),
        consecutive=draw(st.integers(1, min(3, visits - 1))),
    )


def contexts() -> st.SearchStrategy[Context]:
    switches = {key.name: st.booleans() for key in fields(Context) if key.name != "jurisdiction"}
    places = st.lists(st.sampled_from(sorted(legal_places())), max_size=3, unique=True).map(tuple)
    return st.builds(Context, jurisdiction=places, **switches)


@st.composite
def uncertainties(draw: st.DrawFn) -> Uncertainty:
    return Uncertainty(
        draws=draw(st.integers(2, 50)),
        shares=draw(st.sampled_from([0, 8, 64])),
        of=tuple(draw(st.lists(st.sampled_from(["relief", "withdrawal_peak", "remission"]), unique=True))),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    arms = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        by_table = draw(st.booleans())
        arms.append(
            Arm(
                name=name,
                phases=() if by_table else draw(courses() | st.just(())),
                events=draw(event_tables()) if by_table else None,
                medicines=tuple(draw(st.lists(medicines(), max_size=2, unique_by=lambda m: m.name))),
                treatments=tuple(draw(st.just(()) | treatment_lists())),
            )
        )
    daily = draw(st.booleans())
    every = 24.0 if daily else draw(st.sampled_from([0.5, 1.0, 6.0]))
    length = draw(st.integers(2, 60)) * 24.0
    count = draw(st.integers(6, 10_000))
    values = st.floats(1e-2, 1e3) | st.just("fixed")
    causal = tuple(draw(st.lists(st.sampled_from(sorted(causal_settings())), min_size=1, unique=True)))
    channels = draw(st.dictionaries(st.sampled_from(CHANNELS), st.booleans()))
    if not any(causal_settings()[name].acts("longrun") for name in causal):
        channels.pop("longrun", None)  # switching on what is not there is refused
    names = [name for name in output_catalogue() if every >= 1.0 or not name.startswith("side_effect:")]
    return Scenario(
        title=draw(NAMES),
        seed=draw(st.integers(0, 2**63 - 1)),
        people=People(
            count=count,
            population=draw(st.sampled_from(get_args(Population))),
            experience_h=draw(st.just(0.0) | DAYS),
        ),
        arms=tuple(arms),
        record=Record(
            for_h=length,
            every_h=every,
            start_h=draw(st.sampled_from([0.0, 24.0])),
            step_h=draw(st.sampled_from([0.5, 0.25, 0.1])) if daily else 0.5,
            outputs=tuple(draw(st.lists(st.sampled_from(names), min_size=1, unique=True))),
            pk=draw(st.booleans()) and every <= 1.0,
            trajectories=draw(st.integers(0, 6)),
        ),
        parameters=draw(st.dictionaries(st.sampled_from(["theta", "ka", "lam_m"]), values)),  # type: ignore[arg-type]
        setting=Setting(
            causal=causal,
            selection=draw(st.booleans()),
            channels=channels,
        ),
        monitor=draw(st.none() | monitors(int(length // 24))) if daily else None,
        uncertainty=draw(st.none() | uncertainties()),
        context=draw(st.just(Context()) | contexts()),
    )
