"""What the analysis says in English, as templates of sentences and the words in their fields (`app.say`)."""

from __future__ import annotations

from app.language import mark

SENTENCES = (
    mark(
        "Readings every {interval} s are too slow for a rate of rise (at most {longest} s): a faster rise would pass "
        "between two of them."
    ),
    mark("No two successive steps of any temperature are known."),
    mark(
        "Not corrected for temperature: {days} day with steps over {span} K; it takes {needed} days over {warmth} K "
        "to learn its effect."
    ),
    mark(
        "Not corrected for temperature: {days} days with steps over {span} K; it takes {needed} days over {warmth} K "
        "to learn its effect."
    ),
    mark(
        "Not corrected for temperature: its effect ({low} to {high} % a kelvin) is not certain to be the fall that "
        "cells show."
    ),
    mark("{moved} mV from the string {regime}, where {apart} robust deviations {now} unusual; {days}."),
    mark("{moved} mV from the string {regime}, median of {days} valid days: {times} times the string's own spread."),
    mark(
        "{measure} against the string has moved by {moved} {unit} since its first valid days, over the last "
        "{window}: {times} times the string's own spread of changes."
    ),
    mark(
        "{moved} K against its first 30 valid days, over the last {window}: {times} times the string's own "
        "spread of changes."
    ),
    mark("{moved} K against the sensors beside it, over the whole history."),
    mark("{moved} K against its own first 30 valid days, position and load removed; beyond the limit on {days} days."),
    mark("{moved} K against its own first 30 valid days, position and load removed; beyond the limit on {days} day."),
    mark("Rose by {rate} K/min over two successive readings; so fast on {days} days."),
    mark("Rose by {rate} K/min over two successive readings; so fast on {days} day."),
    mark("{reading} in {times}: {moved} {unit} from the string, and unlike the readings before and after."),
    mark("{reading}, outside the safe range, in {times}, with many cells at once: what the string does."),
    mark("{reading}, outside the safe range, in {times}."),
    mark("State of health about {soh} % (at most {high} %), the string's is {string} %."),
    mark("Estimated capacity moves by {rate} % a month, the string's by {trend} %."),
    mark("{offset} mΩ against the string: {drop} mV at {load} A, {apart} robust deviations; from {days} working days."),
    mark("{moved} {unit} {where}, about as much as cell {cell} beside it the other way ({other} {unit_too})."),
    mark("{moved} mV from the string at rest, and cell {cell} beside it {other} mV: as much the other way."),
    mark("Explained by the lead that it shares with cell {cell}, where it is reported."),
    mark("The lead shared with cell {cell} reads wrong: both cells are sound."),
    mark("Stood still on {days} days on which the string moved: left out of every rule."),
    mark("Stood still on {days} day on which the string moved: left out of every rule."),
    mark("Measured state of health {soh} % ({low}-{high} %), below {limit} %."),
    mark("Capacity moves by {rate} % a month ({low} to {high} %)."),
    mark("Many cells stood out at one instant, {times} times: readings taken while the current moved."),
    mark("Many cells stood out at one instant, {times} time: readings taken while the current moved."),
    mark("The string's median was outside the safe range ({kind}) on {days} days."),
    mark("The string's median was outside the safe range ({kind}) on {days} day."),
    mark(
        "{cells} cells were outside the safe range together ({kind}, limit {limit}) on {days} days: what the "
        "string does, rather than any of them."
    ),
    mark(
        "{cells} cells were outside the safe range together ({kind}, limit {limit}) on {days} day: what the "
        "string does, rather than any of them."
    ),
    mark("{low} to {high} mV/month"),
    mark("Along the row neighbours share their residuals (Moran's I {index}, p {chance}, 999 permutations)."),
    mark("Along the row neighbours do not share their residuals (Moran's I {index}, p {chance}, 999 permutations)."),
    mark("No full and empty anchors: the string was never seen both full and empty."),
    mark("{count} counts between full and empty ({depth}); a capacity needs {least}."),
    mark("{count} count between full and empty ({depth}); a capacity needs {least}."),
    mark("{count} counts in this window; a capacity needs {least}."),
    mark("{count} count in this window; a capacity needs {least}."),
    mark("Against its first 30 valid days the capacity is {since} %."),
    mark("{pct} % is above 100 %: the current or voltage metering is off."),
    mark("{pct} % is above 100 %: one of the meterings has an offset or a gain error; no battery gives more."),
    mark("{pct} % is above 100 %: the capacity exceeds what it is compared with."),
    mark("No energy on the DC side: cluster voltage or current is missing."),
    mark("Neither two full charges nor a nominal energy to close the balance with."),
    mark("Too little energy went through to close the balance."),
    mark("Round trip on the DC side, between {between}."),
    mark("Season not separable from trend: under 1.5 years of data."),
    mark("{count} over {span}; a rate needs {least} over {reach}."),
    mark("No baseline to relate the slope to."),
    mark("{span} years of data; year on year needs more than two."),
    mark("{count} values with another a year later; {least} are needed."),
    mark("{count} value with another a year later; {least} are needed."),
    mark("More comes back at the converter than at the battery's terminals: the meterings do not fit together."),
    mark("{count} discharges from full to empty with a known voltage; energy needs {least}."),
    mark("{count} discharge from full to empty with a known voltage; energy needs {least}."),
    mark("{count} agreeing discharges; energy needs {least}."),
    mark("{count} agreeing discharge; energy needs {least}."),
    mark("No forecast: the state of health is {soh} %, below {end} % already."),
    mark("No forecast: capacity was counted over {span} days; a forecast needs a year."),
    mark("No forecast: capacity was counted over {span} day; a forecast needs a year."),
    mark("No forecast: the rate of change is not certain to be a loss ({said})."),
    mark("No forecast: the state of health is not measured."),
    mark("Fewer than eight cells are known."),
    mark("All cells are equal."),
    mark("Readings every {interval} s are too slow for ohms (at most {longest} s): longer steps read too high."),
    mark("The slope of each cell's residual on the current is compared instead."),
    mark("No clean steps of current: resistance is unknown."),
    mark(
        "Full charges span {span} day: a leak needs {least} days and {weeks} weeks with full charges to "
        "tell itself from noise."
    ),
    mark(
        "Full charges span {span} days: a leak needs {least} days and {weeks} weeks with full charges to "
        "tell itself from noise."
    ),
    mark("Too few cells have readings at the ends of full charges."),
    mark("The model needs {missing}, which the data cannot give."),
    mark("No cell voltages are logged: cells cannot be judged."),
    mark("Judged on the whole history: the period changes no verdict on a cell."),
    mark("The two have no bucket in common in this period."),
    mark("No current is logged: cycles are unknown."),
    mark("Equivalent full cycles need the nominal capacity: say nominal_ah in site.toml."),
    mark("No charge or discharge begins in this window."),
    mark("No full charge of {depth} % depth at both ends of the history."),
    mark("No power of the converter is logged, or its direction cannot be told."),
    mark("The AC side needs two full charges in the period: what is stored is known only there."),
    mark("Readings of the converter's power cover {share} % of the time only."),
    mark("The auxiliaries' power is not logged over the time."),
    mark("The nominal capacity is unknown: say nominal_ah in site.toml."),
    mark("The nominal energy is unknown: say nominal_kwh in site.toml."),
    mark("The battery reports whole per cents: a step is a rounding, not a loss of 1 % on that day."),
    mark(
        "The interval assumes a current sensor of class 0.5 (95 % within 0.5 %): a gain multiplies every "
        "count alike, so that no data of one sensor can show it."
    ),
    mark("Some cells have no reading in this window."),
    mark("Some sensors have no reading in this window."),
    mark("A cell's capacity is known only where the string was both full and empty often enough."),
    mark("The string was never seen full or empty in this window: no cell limited it."),
    mark(
        "Passive balancing bleeds the other cells towards one that leaks, and hides it up to the balancing "
        "current times the share of time that it works."
    ),
    mark("Offsets in ampere-hours need cells that get full or empty, and a capacity: none is known."),
    mark("This meter logs neither energy counters nor active power."),
    mark("The meter does not log active power (com_ap): nothing is integrated, and no peak is known."),
    mark("The meter does not log a power factor (pf)."),
    mark("The meter has no {kind} counter ({signal})."),
    mark("No step of the {kind} counter is known in this window."),
    mark("Pack {pack} of {system} logs no cell {quantity}."),
    mark("No readings in this window."),
    mark("Fewer than three samples: no verdict."),
    mark("The battery reports no state of health."),
    mark("It never changed."),
    mark("The store holds no series."),
    mark("Leads at the charge end are not told: too few charges of the first month got the string full ({why})."),
    mark("Leads at the charge end are not told: the logger is too slow for the charge that goes in there ({why})."),
    mark("Leads at the charge end are not told: the first month's charges do not follow one curve ({why})."),
    mark("ultra-sensitive limits for critical cells, customary in fleet monitoring"),
    mark("1.4826·MAD estimates a normal spread (Rousseeuw & Croux 1993)"),
    mark("first 30 valid days"),
    mark("nominal capacity"),
    mark("mean of each frame; a single reading that strayed stands itself"),
    mark("highest reading of each frame"),
    mark("farthest from the string's median in each frame, with its sign"),
    mark("farthest from the cells beside in each frame, with its sign"),
    mark("farthest in robust standard deviations of the string in each frame, with its sign"),
    mark("median daily distance from the string's median, at rest where it rests"),
    mark("trend of the cell's capacity, negative is loss"),
    mark("capacity of nominal, as far as the ends of charge and discharge tell"),
    mark("highest reading"),
    mark("from the string's median"),
    mark("from the cells beside"),
    mark("in robust standard deviations of the string"),
    mark("Power conversion"),
    mark("Auxiliary supply"),
    mark("Fire detection"),
    mark("Energy counters"),
    mark("Unknown to the catalogue"),
    mark("State of health"),
    mark("Pack {pack} voltages"),
    mark("Pack {pack} temperatures"),
    mark("pack {pack} cell {cell}"),
    mark("pack {pack} sensor {cell}"),
    mark("{fault} from {size} {unit} ({days} days)"),
    mark("Replayed: from {start} to {end} every reading equals the one 24 h earlier."),
    mark(
        "They are kept and counted, but they are no measurement: what happened then is unknown, and "
        "verdicts, cycles and energy of these hours rest on the day before."
    ),
    mark(
        "{moved} K against the sensors beside it and the same place in other packs, over the whole history: "
        "{times} times the string's own spread."
    ),
    mark("{meter}, which follows all batteries together (r = {fit})."),
    mark("No meter follows the batteries' power (the best is {meter}, r = {fit})."),
    mark("Readings every {interval} s are too slow to compare clocks (at most {longest} s)."),
    mark("Sensors stand for the cells beside them, {mapped}."),
    mark("The two share too few steps to compare their clocks (correlation below {least})."),
    mark("No current is logged: there is nothing to hold the other clocks against."),
    mark(
        "Its clock is {shift} min {side} that of {other} until {until} (smallest shift that could be told "
        "{least} min; steps correlate to {fit})."
    ),
    mark(
        "What compares the two at one moment is off there: audits, efficiency by the hour, resistance; sums "
        "over days are not."
    ),
    mark("{system} logs no cell {quantity}."),
    mark("No state of charge is reported, or the string was never seen full or empty."),
    mark("The auxiliaries' counter or their power is not logged."),
    mark("No cluster voltage or no cells are logged."),
    mark("One of the two currents is not logged."),
    mark("The register or the cells are not logged."),
    mark("Nothing of this can be compared: registers are missing."),
    mark("No meter logs power, or no converter does."),
    mark("How much charge lies between the cells at the charge end is not told."),
    mark(
        "Offsets at the charge end are read on the curve that the string itself showed while it charged, at "
        "the discharge end on the open-circuit curve: on simulated strings within 25 % of the truth."
    ),
    mark("No full charge of this period was followed within three days by a discharge to the lower end."),
    mark("Too few charges of the first month got the string full to learn its curve there."),
    mark(
        "A cell does not get near full when the string does and may lag by any charge: hours of balancing are not told."
    ),
    mark(
        "Level means the fullest and the emptiest cell alike at the charge end; balancing does not mend a "
        "cell of low capacity."
    ),
    mark("The first month's charges do not follow one curve."),
    mark("The capacity is not known: no charge in ampere-hours at the discharge end."),
    mark("The logger is too slow for the charge that goes in there: it takes readings at least every 5 min or so."),
    mark("This store was built before replays were looked for: build it again."),
    mark("mean-cell capacity by charge counted between full and empty anchors; SOC at the anchors from voltage"),
    mark("of the pack where it is largest"),
    mark("median of daily medians"),
)
"""What findings, reasons and notes are made of."""

WORDS = (
    mark("over all readings"),
    mark("is"),
    mark("was"),
    mark("at rest"),
    mark("with the current"),
    mark("at charge end"),
    mark("at discharge end"),
    mark("at rest near empty"),
    mark("Residual at rest"),
    mark("Charge at charge end"),
    mark("Charge at discharge end"),
    mark("Charge at rest near empty"),
    mark("one reading"),
    mark("{count} readings"),
    mark("{count} days"),
    mark("as site.toml says"),
    mark("by their position along the row"),
    mark("fewer than {count}"),
    mark("{share} % of the capacity between two readings, up to {most} % can be told"),
    mark("they scatter by {charge} Ah"),
    mark("{count} day"),
    mark("{count} valid days"),
    mark("{count} valid day"),
    mark("deviate the same way, less"),
    mark("do not share it"),
    mark("full anchors"),
    mark("the window's ends"),
    mark("beyond the limit on {days} days"),
    mark("beyond the limit on {days} day"),
    mark("its 95 % interval includes 0"),
    mark("{depth} % deep, {low}-{high} °C"),
    mark("voltage high"),
    mark("voltage low"),
    mark("temperature high"),
    mark("temperature low"),
    mark("import"),
    mark("export"),
    mark("voltage"),
    mark("temperature"),
    mark("system"),
    mark("% of capacity"),
    mark("times its resistance"),
    mark("% of charge"),
    mark("low capacity"),
    mark("high resistance"),
    mark("self-discharge"),
    mark("imbalance"),
    mark("hot spot"),
    mark("sense lead"),
    mark("behind"),
    mark("ahead of"),
)
"""What stands in the fields of other sentences; never said alone."""
