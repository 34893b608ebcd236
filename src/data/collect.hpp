// Collects what a decoder gives, up to a limit. It must not know the compression.
#pragma once
#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <string>

#include "base/error.hpp"

namespace limn {

enum class Decoded { kMore, kEnd, kCutShort, kDamaged, kNoMemory };

// Grows `text` by what step(out) -> {state, bytes written} brings, until it says that the stream has ended.
template <class Step>
std::string collect(const std::string& name, std::size_t limit, Step step) {
  constexpr std::size_t kFirstStep = std::size_t{1} << 16;
  std::string text;
  for (;;) {
    const auto old = text.size();
    if (old > limit) {
      throw Error(fmt::format("{} holds more than {} bytes once decompressed", name, limit),
                  "give a smaller file, or check that it is what it claims to be");
    }
    // Doubles, so that bytes really decoded pay for what is allocated; one byte over the limit tells that it is passed.
    text.resize(old + std::min(std::max(kFirstStep, old), limit + 1 - old));
    const auto [state, written] = step(std::span(text).subspan(old));
    text.resize(old + written);
    if (state == Decoded::kMore) continue;
    if (state == Decoded::kNoMemory) throw std::bad_alloc();
    if (state == Decoded::kEnd && text.size() <= limit) return text;
    if (state == Decoded::kEnd) continue;  // to the error above
    throw Error(fmt::format("{} is not a whole compressed file: {}", name,
                            state == Decoded::kCutShort ? "it is cut short" : "it is damaged"),
                "fetch or compress the file again");
  }
}

}  // namespace limn
