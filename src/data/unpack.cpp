#include "data/unpack.hpp"

#include <bzlib.h>
#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "data/collect.hpp"

namespace limn {
namespace {

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 28;  // of the decoder: the largest preset needs a quarter
constexpr std::size_t kMostBzip2 = std::size_t{1} << 30;       // libbz2 counts in 32 bits

class LzmaStream {
 public:
  LzmaStream() = default;
  ~LzmaStream() { lzma_end(&stream_); }
  LzmaStream(const LzmaStream&) = delete;
  LzmaStream& operator=(const LzmaStream&) = delete;
  lzma_stream* get() { return &stream_; }

  std::string decode(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream_.avail_in = bytes.size();
    return collect(name, limit, [this](std::span<char> out) {
      stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
      stream_.avail_out = out.size();
      const auto status = lzma_code(&stream_, LZMA_FINISH);
      return std::pair(state_of(status), out.size() - stream_.avail_out);
    });
  }

 private:
  Decoded state_of(lzma_ret status) const {
    switch (status) {
      case LZMA_OK: return Decoded::kMore;
      case LZMA_STREAM_END: return stream_.avail_in == 0 ? Decoded::kEnd : Decoded::kDamaged;
      case LZMA_BUF_ERROR: return Decoded::kCutShort;
      case LZMA_MEM_ERROR:
      case LZMA_MEMLIMIT_ERROR: return Decoded::kNoMemory;
      default: return Decoded::kDamaged;
    }
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class BzipStream {
 public:
  BzipStream() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }
  ~BzipStream() { BZ2_bzDecompressEnd(&stream_); }
  BzipStream(const BzipStream&) = delete;
  BzipStream& operator=(const BzipStream&) = delete;

  std::string decode(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
    stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<unsigned>(bytes.size());
    return collect(name, limit, [this](std::span<char> out) {
      stream_.next_out = out.data();
      stream_.avail_out = static_cast<unsigned>(out.size());
      const auto status = BZ2_bzDecompress(&stream_);
      return std::pair(state_of(status), out.size() - stream_.avail_out);
    });
  }

 private:
  Decoded state_of(int status) const {
    if (status == BZ_STREAM_END) return stream_.avail_in == 0 ? Decoded::kEnd : Decoded::kDamaged;
    if (status == BZ_MEM_ERROR) return Decoded::kNoMemory;
    if (status != BZ_OK) return Decoded::kDamaged;
    return stream_.avail_in == 0 && stream_.avail_out > 0 ? Decoded::kCutShort : Decoded::kMore;
  }
  bz_stream stream_{};
};

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()), magic.size()) == magic;
}

}  // namespace

bool is_xz(std::span<const std::byte> bytes) {
  return starts_with(bytes, std::string_view("\xFD"
                                             "7zXZ\0",
                                             6));
}
bool is_bzip2(std::span<const std::byte> bytes) { return starts_with(bytes, "BZh"); }

std::string unpack_xz(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
  LzmaStream stream;
  if (lzma_stream_decoder(stream.get(), kMostMemory, 0) != LZMA_OK) throw std::bad_alloc();
  return stream.decode(bytes, name, limit);
}

std::string unpack_lzma2(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
  lzma_options_lzma options;
  if (lzma_lzma_preset(&options, 6)) throw std::bad_alloc();
  const std::array<lzma_filter, 2> filters{{{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}}};
  LzmaStream stream;
  if (lzma_raw_decoder(stream.get(), filters.data()) != LZMA_OK) throw std::bad_alloc();
  return stream.decode(bytes, name, limit);
}

std::string unpack_bzip2(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
  if (bytes.size() > kMostBzip2) {
    throw Error(fmt::format("{} has {} bytes", name, bytes.size()), "give a smaller file");
  }
  return BzipStream().decode(bytes, name, limit);
}

}  // namespace limn
