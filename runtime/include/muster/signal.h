// Signals on channels: Go's package os/signal.
//
//   auto stop = muster::MakeChan<int>(1);
//   muster::os::signal::Notify(stop, {SIGINT, SIGTERM});
//   stop.Recv();
//
// A signal goes to every channel that asked for it, without waiting: give the channel room, for one
// signal at least, or what comes while nobody receives is lost. Signals of one number that come in
// quick succession may be one. While any channel is registered, the program is not said to be
// deadlocked: a signal may yet wake it.
//
// SIGKILL, SIGSTOP, the signals of failing instructions (SIGSEGV, SIGBUS, SIGFPE, SIGILL) and
// SIGURG, which Muster uses itself, cannot be had. Everything here is thread-safe, may be called by
// foreign threads, and never blocks for long.
//
// Memory model: as for any send and receive; sending a signal is no edge.
#ifndef MUSTER_SIGNAL_H_
#define MUSTER_SIGNAL_H_

#include <csignal>
#include <initializer_list>

#include "muster/chan.h"
#include "muster/context.h"

namespace muster::os::signal {

// Notify relays those signals (none named: all that can be had) to `chan`, besides those that it
// gets already. What a signal did before, ending the process for instance, it does no more. Throws
// Panic("os/signal: Notify using nil channel").
void Notify(const Chan<int>& chan, std::initializer_list<int> signals = {});

// Stop ends all that Notify has begun for `chan`. What came before is sent first; nothing is once
// it has returned. Signals that nobody wants any more do again what they did before Notify.
void Stop(const Chan<int>& chan);

// Ignore makes those signals (none named: all) be ignored. Channels do not get them any more.
void Ignore(std::initializer_list<int> signals = {});
// Whether a signal is ignored, by Ignore.
bool Ignored(int signal);

// Reset undoes Notify and Ignore for those signals (none named: all).
void Reset(std::initializer_list<int> signals = {});

struct Notified {
  context::Context ctx;
  // Undoes the registration and cancels the context; later calls do nothing.
  context::CancelFunc stop;
};
// NotifyContext gives a copy of `parent` that is cancelled when one of those signals comes, too.
// The registration ends with the context.
Notified NotifyContext(const context::Context& parent, std::initializer_list<int> signals = {});

}  // namespace muster::os::signal

#endif  // MUSTER_SIGNAL_H_
