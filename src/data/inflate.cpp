#include "data/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/error.hpp"
#include "data/collect.hpp"

namespace limn {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts in 32 bits
constexpr int kGzipOnly = 15 + 16;                    // the largest window, and no other wrapper than gzip

[[noreturn]] void damaged(const std::string& name, const std::string& how) {
  throw Error(fmt::format("{} is not a whole gzip file: {}", name, how), "fetch or compress the file again");
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

struct Inflater::Stream {
  z_stream z{};
  std::span<const std::byte> left;  // not yet handed to zlib
  std::string name;
  bool ended = false;

  ~Stream() { inflateEnd(&z); }
};

Inflater::Inflater(std::span<const std::byte> bytes, std::string name) : stream_(std::make_unique<Stream>()) {
  stream_->left = bytes;
  stream_->name = std::move(name);
  if (inflateInit2(&stream_->z, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Inflater::Inflater(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

std::size_t Inflater::read(std::span<std::byte> out) {
  auto& s = *stream_;
  std::size_t done = 0;
  while (done < out.size() && !s.ended) {
    if (s.z.avail_in == 0 && !s.left.empty()) {
      const auto piece = std::min(s.left.size(), kPiece);
      s.z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(s.left.data()));
      s.z.avail_in = static_cast<uInt>(piece);
      s.left = s.left.subspan(piece);
    }
    const auto room = std::min(out.size() - done, kPiece);
    s.z.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    s.z.avail_out = static_cast<uInt>(room);
    const int status = inflate(&s.z, Z_NO_FLUSH);
    done += room - s.z.avail_out;
    const bool more = s.z.avail_in > 0 || !s.left.empty();
    if (status == Z_STREAM_END) {
      if (!more) {
        s.ended = true;
      } else if (inflateReset(&s.z) != Z_OK) {  // a file may hold several members, one after the other
        damaged(s.name, "bytes follow its end");
      }
    } else if (status == Z_BUF_ERROR || (status == Z_OK && !more && s.z.avail_out > 0)) {
      damaged(s.name, "it is cut short");
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK) {
      damaged(s.name, s.z.msg ? s.z.msg : "its bytes make no sense");
    }
  }
  return done;
}

std::string inflate_all(std::span<const std::byte> bytes, const std::string& name, std::size_t limit) {
  Inflater inflater(bytes, name);
  return collect(name, limit, [&](std::span<char> out) {
    const std::size_t n = inflater.read(std::as_writable_bytes(out));
    return std::pair(n < out.size() ? Decoded::kEnd : Decoded::kMore, n);
  });
}

}  // namespace limn
