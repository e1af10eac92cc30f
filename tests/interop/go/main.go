// A Go program with known goroutines that serves net/http/pprof, for gprof-dump to read.
//
// For every profile that it serves it prints "served debug=D goroutines=BEFORE..AFTER", what
// runtime.NumGoroutine said around the handler.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"strings"
	"sync"
)

func waitForJob(jobs chan int) { <-jobs }

func waitForEither(a, b chan int) {
	select {
	case <-a:
	case <-b:
	}
}

func waitForLock(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

func receiveFromNobody() {
	var none chan int
	<-none
}

// awaitParked lets the goroutines started so far run until all but the caller's wait.
func awaitParked() {
	buffer := make([]byte, 1<<20)
	for {
		dump := string(buffer[:runtime.Stack(buffer, true)])
		if strings.Count(dump, "[run") == 1 { // [running], which is the caller; none [runnable]
			return
		}
		runtime.Gosched()
	}
}

func main() {
	jobs := make(chan int)
	var mu sync.Mutex
	mu.Lock()
	for i := 0; i < 5; i++ {
		go waitForJob(jobs)
	}
	for i := 0; i < 3; i++ {
		go waitForEither(jobs, jobs)
	}
	for i := 0; i < 2; i++ {
		go waitForLock(&mu)
	}
	if len(os.Args) > 1 && os.Args[1] == "stuck" {
		go receiveFromNobody()
	}
	awaitParked()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println("cannot listen:", err)
		os.Exit(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", func(w http.ResponseWriter, r *http.Request) {
		n := runtime.NumGoroutine()
		pprof.Index(w, r)
		fmt.Printf("served debug=%s goroutines=%d..%d\n", r.FormValue("debug"), n, runtime.NumGoroutine())
	})
	fmt.Println("listening on", listener.Addr())
	_ = http.Serve(listener, mux)
}
