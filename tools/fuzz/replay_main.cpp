// Main program of <name>_fuzz_replay: gives a fuzzer's function every seed file and mutations
// of it, without a fuzzing engine. Arguments: seed files or directories. Environment:
// TAKT_FUZZ_SEED (default 1) and TAKT_FUZZ_MUTATIONS per file (default 2000).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void feed(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// One change: cut the end, drop, double or move a stretch, change a byte or a digit.
void mutate(std::string& text, takt::Rng& rng) {
  if (text.empty()) text = "x";
  const size_t at = rng.below(text.size());
  const size_t length = 1 + rng.below(std::min<size_t>(text.size() - at, 40));
  const std::string stretch = text.substr(at, length);
  switch (rng.below(6)) {
    case 0: text.resize(at); break;
    case 1: text.erase(at, length); break;
    case 2: text.insert(at, stretch); break;
    case 3: text.insert(rng.below(text.size()), stretch); break;
    case 4: text[at] = static_cast<char>(rng.below(256)); break;
    default: {
      const size_t digit = text.find_first_of("0123456789", at);
      if (digit != std::string::npos) text.replace(digit, 1, std::to_string(rng.next()));
    }
  }
}

uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.push_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
      files.push_back(entry.path().string());
  }
  const uint64_t seed = number_from("TAKT_FUZZ_SEED", 1);
  const uint64_t mutations = number_from("TAKT_FUZZ_MUTATIONS", 2000);
  for (const std::string& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::printf("%s, seed %llu\n", file.c_str(), static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    feed(text);
    takt::Rng rng(seed);
    for (uint64_t i = 0; i < mutations; ++i) {
      std::string changed = text;
      for (uint64_t n = 1 + rng.below(4); n > 0; --n) mutate(changed, rng);
      feed(changed);
    }
  }
  if (files.empty()) std::fputs("no seed files\n", stderr);
  return files.empty() ? 1 : 0;
}
