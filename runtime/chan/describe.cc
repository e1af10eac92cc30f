// What a capture tells of a channel.
#include "runtime/record/describe.h"

#include "runtime/chan/chan_core.h"

namespace muster::record {

// Relaxed: the channel is not locked, and each field is true by itself only.
void DescribeChan(const void* address, Object* object) {
  const auto* chan = static_cast<const internal::ChanCore*>(address);
  object->capacity = chan->capacity;
  object->length = chan->count.load(std::memory_order_relaxed);
  object->closed = chan->closed.load(std::memory_order_relaxed);
  object->references = chan->references.load(std::memory_order_relaxed);
  object->creator_id = chan->maker.id;
  object->created_at = reinterpret_cast<uint64_t>(chan->made_at);
}

}  // namespace muster::record
