// The sidecar's routes on Go's net/http, for comparison: the same bodies, the same window of 20 slots, no limits of any kind.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const slots = 20

// window counts the hits of the last interval; a ticker moves it on while it is not empty.
type window struct {
	sync.Mutex
	interval time.Duration
	counts   [slots]int
	slot     int
	total    int
	running  bool
}

func (w *window) add() int {
	w.Lock()
	defer w.Unlock()
	w.counts[w.slot]++
	w.total++
	if !w.running {
		w.running = true
		go w.move()
	}
	return w.total
}

func (w *window) count() int {
	w.Lock()
	defer w.Unlock()
	return w.total
}

func (w *window) move() {
	ticker := time.NewTicker(w.interval / slots)
	defer ticker.Stop()
	for range ticker.C {
		w.Lock()
		w.slot = (w.slot + 1) % slots
		w.total -= w.counts[w.slot]
		w.counts[w.slot] = 0
		if w.total == 0 {
			w.running = false
			w.Unlock()
			return
		}
		w.Unlock()
	}
}

func main() {
	interval := 10 * time.Second
	hits := &window{interval: interval}
	var draining atomic.Bool
	status := func() int {
		if draining.Load() {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	answer := func(response http.ResponseWriter, code int, text string) {
		response.Header().Set("Content-Type", "text/plain; charset=utf-8")
		response.WriteHeader(code)
		fmt.Fprintln(response, text)
	}
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/healthz":
			answer(response, http.StatusOK, fmt.Sprintf("/healthz from %s current rate %d requests in %s", request.RemoteAddr, hits.count(), interval))
		case "/readyz":
			code := status()
			answer(response, code, fmt.Sprintf("/readyz from %s status %d current rate %d requests in %s", request.RemoteAddr, code, hits.count(), interval))
		default:
			count, code := hits.add(), status()
			answer(response, code, fmt.Sprintf("hit %s from %s status %d current rate %d requests in %s", request.URL.Path, request.RemoteAddr, code, count, interval))
		}
	})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		draining.Store(true)
		os.Exit(0)
	}()
	if err := http.ListenAndServe(":"+os.Getenv("PORT"), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
