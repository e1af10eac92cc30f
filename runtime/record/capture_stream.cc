// CaptureStream: the roll call, one goroutine at a time.
#include "muster/record.h"
#include "runtime/record/converter.h"
#include "runtime/record/roll_call.h"
#include "runtime/record/tsan.h"

namespace muster::record {

class CaptureStream::Impl {
 public:
  explicit Impl(const StreamOptions& options)
      : call_({.include_system = options.include_system,
               .labels = options.details,
               .details = options.details,
               .threads = options.threads}) {}

  const Goroutine* Next() {
    const tsan::IgnoreScope ignore;
    const Sighting* seen = call_.Next();
    if (seen == nullptr) return nullptr;
    converter_.Convert(*seen, &goroutine_);
    return &goroutine_;
  }

  const Summary& summary() const { return call_.summary(); }

 private:
  RollCall call_;
  Converter converter_{call_};
  Goroutine goroutine_;
};

CaptureStream::CaptureStream(const StreamOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
CaptureStream::~CaptureStream() = default;
const Goroutine* CaptureStream::Next() { return impl_->Next(); }
const Summary& CaptureStream::summary() const { return impl_->summary(); }

}  // namespace muster::record
