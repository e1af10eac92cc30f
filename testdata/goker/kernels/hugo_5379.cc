// Counting the words of a page renders it, and rendering it counts its words.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Page {
  Mutex content_mutex;
  Once content_once;
  Once count_once;
};

void WordCount(const std::shared_ptr<Page>& page, bool buggy, bool holds_lock);

void Render(const std::shared_ptr<Page>& page, bool buggy) {
  const std::scoped_lock hold(page->content_mutex);
  WordCount(page, buggy, true);
}

void InitContent(const std::shared_ptr<Page>& page, bool buggy) {
  auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Milliseconds(1));
  auto result = MakeChan<Unit>(1);
  Go([page, result, buggy] {
    Render(page, buggy);
    result.Send({});
  });
  Select(OnRecv(result), OnRecv(ctx.Done()));
  cancel();
}

void WordCount(const std::shared_ptr<Page>& page, bool buggy, bool holds_lock) {
  page->content_once.Do([&] { InitContent(page, buggy); });
  if (!buggy && holds_lock) return;  // counted by the one who asked for the rendering
  page->count_once.Do([&] { const std::scoped_lock hold(page->content_mutex); });
}

KERNEL(hugo_5379, "Double locking", "SELF MIX GLOB PART LEAK") {
  auto page = std::make_shared<Page>();
  auto group = std::make_shared<WaitGroup>();
  for (int i = 0; i < 2; ++i) {
    group->Add(1);
    Go([page, group, buggy] {
      WordCount(page, buggy, false);
      group->Done();
    });
  }
  group->Wait();
}

}  // namespace
}  // namespace goker
