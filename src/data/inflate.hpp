// Gzip streams (RFC 1952, RFC 1951) read in pieces through zlib, checksums checked. It knows nothing of what is inside.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace limn {

bool is_gzip(std::span<const std::byte> bytes);  // by its first two bytes

// Reads the decoded bytes of a gzip stream one piece after the other; `bytes` must outlive it.
class Inflater {
 public:
  Inflater(std::span<const std::byte> bytes, std::string name);  // name: the file, for the errors
  Inflater(Inflater&&) noexcept;
  ~Inflater();
  // Fills `out` as far as the stream reaches and returns the bytes written: fewer than asked only at its end.
  // Error: not gzip, damaged (bad checksum), cut short, or followed by bytes that are not gzip.
  std::size_t read(std::span<std::byte> out);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

// The whole decoded stream. Error: as Inflater, or it would be longer than `limit` bytes.
std::string inflate_all(std::span<const std::byte> bytes, const std::string& name, std::size_t limit);

}  // namespace limn
