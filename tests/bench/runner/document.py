"""docs/performance.md, made of the figures of one run and of the words below."""

from __future__ import annotations

import textwrap

from runner import tables
from runner.amounts import amount, markdown_table
from runner.results import Results
from runner.rows import BOOST_ONE

PLOT_NAME = "performance-growth.svg"
WIDTH = 125
PAGE = 4096
FIRST_OF_MANY = 1000  # from here on what a goroutine costs outweighs what a dump costs


def prose(text: str) -> str:
    """Paragraphs and lists of a template, filled to the documents' width."""
    blocks = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(_fill(block) for block in blocks)


def _fill(block: str) -> str:
    if block.startswith(("#", "```", "|", "![")):
        return block
    items = block.replace("\n- ", "\n\n- ").split("\n\n")
    return "\n".join(textwrap.fill(" ".join(item.split()), WIDTH, break_long_words=False,
                                   break_on_hyphens=False,
                                   subsequent_indent="  " if item.startswith("- ") else "")
                     for item in items)


HEAD = """
    # Performance

    This page is written whole by `tools/bench --doc`: no figure in it was typed by hand, and no
    edit to it will last. The words are in `tests/bench/runner/document.py`.
"""

METHOD = """
    ## How the figures are made

    `tools/bench` builds three programs that do the same things, line for line where the languages
    allow it: `tests/bench/muster`, `tests/bench/go` and `tests/bench/boost`. Ours is compiled as a
    user would compile it, and records everything (`MUSTER_RECORD=full`) unless said otherwise.

    - A round runs every row once, the contenders directly one after the other, and begins with
      another one each time. So what the machine does besides hits all of them alike.
    - A run is a process of its own: once to warm up, so that stacks, heap and caches are hot, and
      once for the figure. Only memory is measured cold.
    - A figure is the median of {rounds} rounds; a ratio is that of two medians. *Spread* is the
      least and the greatest ratio within one round.
    - A virtual machine's CPUs may share a core or not, and that changes while it runs: a cache
      line's trip to the other CPU and back then takes some 70 or some 360 ns (measured before each
      round, see the machine). Rows on which two Ps share memory have two figures accordingly; the
      contenders of a round have the same one.
    - All contenders run on the same two CPUs, Go with its defaults (GOMAXPROCS is 2).
    - Boost.Fiber runs every row in two ways: on one thread (round_robin, stacks from
      pooled_fixedsize_stack), and on two that steal from each other (work_stealing that suspends
      idle threads, stacks from malloc, since the pool is not thread-safe). The table has the
      faster one, and behind it the number of its threads; but where it matters how threads get in
      each other's way (buf_4p4c, mutex_8) the one on two, since nothing contends on one thread
      (there Boost takes {boost_one}). spawn_join starts its fibers with
      launch::dispatch, which is Boost's fastest way. Boost has no select and no dumps. Its memory
      is that of 100,000 parked fibers: a million would not fit everywhere.
    - Memory is the growth of Rss (/proc/self/smaps_rollup) and VmPTE, divided by the number of
      goroutines: page tables are included.
    - Profiles are Go's `pprof.Lookup("goroutine").WriteTo(buffer, debug)` and ours
      `/debug/pprof/goroutine?debug=...`, both of goroutines that wait at four different places, 4
      to 6 calls deep. Symbols are included in both.
"""

WORKS_HEAD = """
    ## Against Go and Boost.Fiber

    *bar* is the most that ours/Go may be; for memory, the most that ours may be.
"""

RECORD = """
    ## What the record costs

    The same programs at the three levels of `MUSTER_RECORD`, next to each other in each round,
    three figures each.
"""

SNAPSHOT = """
    ## A snapshot of a million

    A million goroutines are parked, and each P is kept busy by a ping-pong. A thread of its own
    then takes a grouped snapshot, as the endpoint does. *Longest hold* is the longest that any
    goroutine was kept from running; the bars are 1 ms for it and 1 s for the whole.
"""

INSTRUCTIONS = """
    ## Instructions

    Instructions per operation, counted by valgrind's callgrind with one P: the difference of two
    runs of different length, so that start and end do not count. They do not depend on how busy
    the machine is. `tools/bench --instructions --check` compares with `tests/bench/instructions.json`
    and fails when one has grown by more than a tenth under the same compiler.
"""

GROWTH = f"""
    ## How cost grows

    ![Cost over the number of goroutines]({PLOT_NAME})
"""

KNEES = """
    What the bends are:

    - A parked goroutine lies on a page of its own, and many lines of that page are touched when it
      is started or woken: control block, frames, waiter. A thousand of them fit into the second
      cache of a CPU, ten thousand do not, a hundred thousand fit into no cache, and their pages
      not into the TLB. That is the knee between 1,000 and 100,000 in *yield*, *ring* and *park*.
      Where a queue or a close has a crowd at hand, the next ones' lines are asked for ahead; in a
      ring only one goroutine can run at a time, so nothing is known ahead. Go has the same knees.
    - *spawn + join* is flat, since the stack of a goroutine that has ended is the next one's. One
      goroutine alone pays for the wake of the one that waits. When the second CPU is kept from
      helping by another program, the goroutines that were started pile up, each on a fresh stack
      with its page faults: then each takes microseconds. The spread shows whether that happened.
    - *sleep* is the millisecond itself at small counts; from 10,000 on it is the cost of a sleeper.
      Beyond that the timer heap gets deeper, and the sleepers cold.
    - A *grouped profile* costs {profile_start} for symbols and the memory map, then {profile_each}
      for each goroutine: a miss for its control block and one for its frames. A *full dump* has no
      map and costs {dump_least} to {dump_most} for each: from 10,000 on the text, hundreds of bytes
      for each, outgrows the caches. {dumped}
    - *Memory* at small counts is what the process and the first arena take; from 1,000 on it is one
      page for each, and {page_tables} of page tables.
"""


def _table(table: tables.Table) -> str:
    return markdown_table(*table)


def _machine(results: Results) -> str:
    lines = [f"| {key} | {value} |" for key, value in results.machine.items()]
    return "\n".join(["## The machine", "", "| | |", "|---|---|", *lines])


def _works(results: Results) -> str:
    lines = [f"- `{entry.row.id}`: {entry.row.title}" for entry in results.measured]
    return "\n".join(lines)


def _uncontended(results: Results) -> str:
    """What Boost takes on one thread for the rows where the table has its two."""
    return " and ".join(
        f"{amount(entry.figure(BOOST_ONE), entry.row.unit)} for {entry.row.id}"
        for entry in results.measured if entry.row.contended and entry.samples.get(BOOST_ONE))


def _knees(results: Results) -> str:
    """The words on the bends, with the figures of this run."""
    curves = {curve["work"]: curve for curve in results.growth}
    profile, memory = curves["profile"], curves["bytes_parked"]
    dump = curves["text2"]
    each = [ns / count for count, ns in zip(dump["counts"], dump["ours"])
            if count >= min(FIRST_OF_MANY, dump["counts"][-1])]
    return KNEES.format(
        profile_start=amount(profile["ours"][0]),
        profile_each=amount((profile["ours"][-1] - profile["ours"][0]) / profile["counts"][-1]),
        dump_least=amount(min(each)),
        dump_most=amount(max(each)),
        dumped=_dumped(dump),
        page_tables=amount(memory["ours"][-1] - PAGE, "bytes"))


def _dumped(dump: dict) -> str:
    """Whom the largest full dumps show, if the run has noted it: Go ends them at 64 MiB."""
    shown = dump.get("shown")
    if not shown:
        return ""
    return (f"With {dump['counts'][-1]:,} parked, ours shows {shown['ours']:,} goroutines, and Go's, "
            f"which ends at 64 MiB, {shown['go']:,}.")


def render(results: Results) -> str:
    """The whole page."""
    parts = [
        prose(HEAD),
        _machine(results),
        prose(METHOD.format(rounds=results.rounds, boost_one=_uncontended(results))),
        prose(WORKS_HEAD),
        _table(tables.contest(results.measured)),
        _works(results),
        prose(RECORD),
        _table(tables.record_levels(results.record)),
        prose(SNAPSHOT),
        _table(tables.snapshot(results.snapshot)),
        prose(GROWTH),
        *(_table(tables.growth(curve)) for curve in results.growth),
        prose(_knees(results)),
        prose(INSTRUCTIONS),
        _table(tables.instructions(results.instructions, results.baseline)),
    ]
    return "\n\n".join(parts) + "\n"
