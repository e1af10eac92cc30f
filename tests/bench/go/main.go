// The benchmarks in Go: the same programs, and the same command line, as tests/bench/muster.
//
//	bench_go WORK [-count N] [-ops N] [-rounds R]
//	bench_go -list
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// size says how much is done in a round: batches of count goroutines (or whatever the work counts),
// until there were at least ops of them.
type size struct {
	count int
	ops   int
}

// batches is at least least, so that a large count is still measured more than once where that
// matters.
func (s size) batches(least int) int {
	if n := s.ops / s.count; n > least {
		return n
	}
	return least
}

type result struct {
	perOp float64
	also  map[string]int // other figures, by JSON key
}

type work struct {
	name   string
	unit   string // of result.perOp: "ns" or "bytes"
	size   size   // of a round, if the command line does not say
	run    func(size) result
	warmUp bool // false: the cold process is what is measured
}

// nsPerOp runs body, which does ops operations, and returns the nanoseconds that one took.
func nsPerOp(ops int, body func()) float64 {
	begin := time.Now()
	body()
	return float64(time.Since(begin).Nanoseconds()) / float64(ops)
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench_go: "+format+"\n", args...)
	os.Exit(2)
}

func printRound(w work, s size, r result) {
	line := map[string]any{"work": w.name, "count": s.count, w.unit + "_per_op": r.perOp}
	for key, value := range r.also {
		line[key] = value
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fail("%v", err)
	}
}

func find(works []work, name string) work {
	for _, w := range works {
		if w.name == name {
			return w
		}
	}
	fail("no such work: %s (see -list)", name)
	return work{}
}

func main() {
	works := append(spawningWorks(), channelWorks()...)
	works = append(works, lockWorks()...)
	works = append(works, memoryWorks()...)
	works = append(works, profileWorks()...)

	// The flag package stops at the first argument that is none, so the work is taken off first.
	args, name := os.Args[1:], ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("bench_go", flag.ContinueOnError)
	flags.Usage = func() {}
	count := flags.Int("count", 0, "goroutines or operations at a time")
	ops := flags.Int("ops", 0, "operations in a round")
	rounds := flags.Int("rounds", 5, "rounds after the warm-up")
	list := flags.Bool("list", false, "list the works and their default counts")
	if err := flags.Parse(args); err != nil {
		os.Exit(2) // the flag package has complained
	}
	flags.Visit(func(f *flag.Flag) {
		if n, ok := f.Value.(flag.Getter).Get().(int); ok && n <= 0 {
			fail("wants a number above 0, not %d", n)
		}
	})
	if *list && name == "" && flags.NArg() == 0 {
		for _, w := range works {
			fmt.Printf("%-16s %d\n", w.name, w.size.count)
		}
		return
	}
	if *list || name == "" || flags.NArg() > 0 {
		fail("wants one WORK, before the flags (see -list)")
	}
	w := find(works, name)
	s := w.size
	if *count > 0 {
		s.count = *count
	}
	if *ops > 0 {
		s.ops = *ops
	}
	if w.warmUp {
		w.run(s)
	}
	for round := 0; round < *rounds; round++ {
		printRound(w, s, w.run(s))
	}
}
