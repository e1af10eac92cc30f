package main

import (
	"bytes"
	"runtime/pprof"
)

// Looking at many goroutines.

// countGoroutines says how many goroutines debug=2 text speaks of.
func countGoroutines(text []byte) int {
	return 1 + bytes.Count(text, []byte("\n\ngoroutine "))
}

// profile writes the profile of s.count parked goroutines and returns the last one, too.
func profile(s size, debug int) (float64, []byte) {
	crowd := newParkedCrowd(s.count)
	defer crowd.release()
	batches := s.batches(1)
	var body bytes.Buffer
	ns := nsPerOp(batches, func() {
		for b := 0; b < batches; b++ {
			body = bytes.Buffer{}
			if err := pprof.Lookup("goroutine").WriteTo(&body, debug); err != nil {
				fail("%v", err)
			}
		}
	})
	return ns, body.Bytes()
}

func groupedText(s size) result {
	ns, _ := profile(s, 1)
	return result{perOp: ns}
}

func wholeText(s size) result {
	ns, text := profile(s, 2)
	return result{ns, map[string]int{"bytes": len(text), "goroutines": countGoroutines(text)}}
}

func profileWorks() []work {
	return []work{
		{"profile", "ns", size{100_000, 100_000}, groupedText, true},
		{"text2", "ns", size{100_000, 100_000}, wholeText, true},
	}
}
