// Hashes: XXH3 for the state of a run (fast, 64 bits), SHA-256 for recipes, data files and snapshots.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace limn {

// A 64-bit fingerprint fed in pieces; the pieces' borders do not matter.
class Fingerprint {
 public:
  Fingerprint();
  ~Fingerprint();
  Fingerprint& add(std::span<const std::byte> bytes);
  template <class T>
  Fingerprint& add(std::span<const T> values) {
    return add(std::as_bytes(values));
  }
  std::uint64_t value() const;
  std::string hex() const;  // 16 hex digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::uint64_t hash64(std::span<const std::byte> bytes);  // XXH3, in one piece and without allocating
inline double digest(std::uint64_t hash) { return static_cast<double>(hash >> 12); }  // its first 52 bits, as a number
std::string sha256_hex(std::span<const std::byte> bytes);
inline std::string sha256_hex(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); }

}  // namespace limn
