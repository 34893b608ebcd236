// Streams compressed as R compresses them, beside gzip: .xz files and bare LZMA2 through liblzma, bzip2 through libbz2;
// checksums checked. It knows nothing of what is inside.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace limn {

bool is_xz(std::span<const std::byte> bytes);     // by its first six bytes
bool is_bzip2(std::span<const std::byte> bytes);  // by its first three

// The whole decoded stream. name: the file, for the errors. Error: damaged, cut short, followed by other bytes, or
// longer than `limit` bytes once decoded.
std::string unpack_xz(std::span<const std::byte> bytes, const std::string& name, std::size_t limit);
std::string unpack_bzip2(std::span<const std::byte> bytes, const std::string& name, std::size_t limit);
// The same of LZMA2 without a container; its dictionary is 8 MiB, as R makes it.
std::string unpack_lzma2(std::span<const std::byte> bytes, const std::string& name, std::size_t limit);

}  // namespace limn
