// Counter-based random numbers: any number of any run can be recomputed alone.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11), Philox4x32-10.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace limn {

using Philox = std::array<std::uint32_t, 4>;

// Ten rounds of Philox4x32 over a 128-bit counter with a 64-bit key.
constexpr Philox philox(std::uint64_t key, Philox c) {
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

constexpr std::uint64_t stream_name_hash(std::string_view name) {  // FNV-1a
  std::uint64_t h = 0xCBF29CE484222325;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return h;
}
// The key of a stream of a seed: 64 bits, so that two streams of one run do not meet in practice.
constexpr std::uint64_t stream_key(std::uint64_t seed, std::uint64_t name_hash) {
  const Philox mixed =
      philox(seed, {static_cast<std::uint32_t>(name_hash), static_cast<std::uint32_t>(name_hash >> 32), 0x6C696D6E, 0});
  return mixed[0] | (std::uint64_t{mixed[1]} << 32);
}
constexpr std::uint64_t stream_key(std::uint64_t seed, std::string_view name) {
  return stream_key(seed, stream_name_hash(name));
}

// Element i of a random tensor is word (i % 64) / 16 of counter (i / 64) * 16 + i % 16: vectors of 1 to 16 lanes
// then make the same numbers with plain stores.
constexpr std::uint32_t tensor_bits(std::uint64_t key, std::uint64_t step, std::uint64_t i) {
  const std::uint64_t counter = i / 64 * 16 + i % 16;
  return philox(key, {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                      static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)})[i % 64 / 16];
}

// Uniform in [0, 1) with 24 bits: exact in float32 and the same in float64.
constexpr float unit_float(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

// A sequential reader of one stream, for host code that draws number after number (shuffles, initial weights).
class Random {
 public:
  Random(std::uint64_t seed, std::string_view stream, std::uint64_t step = 0)
      : key_(stream_key(seed, stream)), step_(step) {}

  std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox(key_, {static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(index_ >> 32),
                             static_cast<std::uint32_t>(step_), static_cast<std::uint32_t>(step_ >> 32)});
      ++index_;
      used_ = 0;
    }
    return block_[used_++];
  }
  double uniform() {  // [0, 1) with 53 bits
    const std::uint64_t high = bits() >> 5, low = bits() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1p-53;
  }
  std::uint32_t below(std::uint32_t n) {  // uniform in [0, n), n >= 1, by rejection (Lemire)
    for (;;) {
      const std::uint64_t product = std::uint64_t{bits()} * n;
      if (static_cast<std::uint32_t>(product) >= (0u - n) % n) return static_cast<std::uint32_t>(product >> 32);
    }
  }
  double normal();  // mean 0, deviation 1 (Box-Muller, one number a call)

 private:
  std::uint64_t key_, step_, index_ = 0;
  Philox block_{};
  int used_ = 4;
};

}  // namespace limn
