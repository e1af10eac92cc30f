// Counts the words of files and prints the most frequent ones: word_count FILE...
//
// Fan-out: a few workers take file names from one channel. Fan-in: each sends its counts to another
// one, where the main goroutine adds them up.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "muster/muster.h"

using Counts = std::map<std::string, int>;

Counts CountFile(const std::string& path) {
  Counts counts;
  std::ifstream in(path);
  std::string word;
  for (char c = 0; in.get(c);) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  if (!word.empty()) ++counts[word];
  return counts;
}

Counts CountAll(const std::vector<std::string>& paths, int workers) {
  auto names = muster::MakeChan<std::string>();
  auto parts = muster::MakeChan<Counts>();
  muster::WaitGroup running;
  for (int i = 0; i < workers; ++i) {
    running.Go([=] {
      for (const std::string& name : names) parts.Send(CountFile(name));
    });
  }
  muster::Go([=] {
    for (const std::string& path : paths) names.Send(path);
    names.Close();
  });
  // Whoever closes a channel must know that all of its senders are done.
  muster::Go([&running, parts] {
    running.Wait();
    parts.Close();
  });
  Counts total;
  for (const Counts& part : parts) {
    for (const auto& [word, count] : part) total[word] += count;
  }
  return total;
}

int main(int argc, char** argv) {
  const std::vector<std::string> paths(argv + 1, argv + argc);
  const Counts total = muster::Run([&] { return CountAll(paths, 3); });
  std::vector<std::pair<std::string, int>> words(total.begin(), total.end());
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  words.resize(std::min<size_t>(words.size(), 5));
  for (const auto& [word, count] : words) std::printf("%4d %s\n", count, word.c_str());
}
