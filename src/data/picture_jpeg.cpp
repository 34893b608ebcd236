// JPEG by libturbojpeg, and the orientation out of its Exif part (Exif 2.3, tag 0x0112 of the first directory).
#include <turbojpeg.h>

#include <memory>
#include <utility>

#include "base/error.hpp"
#include "data/picture_kinds.hpp"

namespace limn {
namespace {

using Handle = std::unique_ptr<void, int (*)(tjhandle)>;

struct Head {
  Handle handle{nullptr, tjDestroy};
  int width = 0, height = 0, colours = 0;
  int orientation = 1;  // 1 to 8; from 5 on the sides are exchanged
};

[[noreturn]] void refuse(const std::string& why, const std::string& name) {
  throw Error(fmt::format("{}: the picture is damaged or cut short: {}", name, why), "save it again, or leave it out");
}

const unsigned char* data_of(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct Bytes {
  std::span<const std::byte> all;
  std::size_t operator[](std::size_t at) const { return at < all.size() ? std::to_integer<std::size_t>(all[at]) : 0; }
};

// Where the first segment before the pixels begins that is wanted; 0 if there is none.
template <class Wanted>
std::size_t find_segment(const Bytes& u8, Wanted wanted) {
  for (std::size_t at = 2; u8[at] == 0xFF && u8[at + 1] != 0xDA;) {
    if (wanted(at)) return at;
    const std::size_t size = u8[at + 2] << 8 | u8[at + 3];
    if (size < 2) return 0;
    at += 2 + size;
  }
  return 0;
}

// 1 where nothing is said, or nothing that makes sense.
int orientation_of(const Bytes& u8) {
  const auto exif = find_segment(u8, [&](std::size_t at) {
    return u8[at + 1] == 0xE1 && u8[at + 4] == 'E' && u8[at + 5] == 'x' && u8[at + 6] == 'i';
  });
  if (exif == 0) return 1;
  const std::size_t tiff = exif + 10;
  const bool little = u8[tiff] == 'I';
  const auto u16 = [&](std::size_t p) { return little ? u8[p] | u8[p + 1] << 8 : u8[p] << 8 | u8[p + 1]; };
  const auto u32 = [&](std::size_t p) { return little ? u16(p) | u16(p + 2) << 16 : u16(p) << 16 | u16(p + 2); };
  const std::size_t list = tiff + u32(tiff + 4);
  for (std::size_t i = 0; i < u16(list); ++i) {
    const std::size_t entry = list + 2 + i * 12;
    if (u16(entry) != 0x0112) continue;
    const auto value = u16(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// Bits of a channel, in the frame's head: markers C0 to CF but tables, extensions and conditions. 8 where there is
// none.
std::size_t depth_of(const Bytes& u8) {
  const auto frame = find_segment(u8, [&](std::size_t at) {
    const auto marker = u8[at + 1];
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  });
  return frame == 0 ? 8 : u8[frame + 4];
}

Head read_head(std::span<const std::byte> bytes, const std::string& name) {
  Head head;
  head.handle.reset(tjInitDecompress());
  if (!head.handle) throw std::bad_alloc();
  if (const auto depth = depth_of({bytes}); depth != 8)
    throw Error(fmt::format("{} is a JPEG of {} bits, which is not read", name, depth),
                "save it with 8 bits a channel");
  int sampling = 0;
  if (tjDecompressHeader3(head.handle.get(), data_of(bytes), bytes.size(), &head.width, &head.height, &sampling,
                          &head.colours) != 0)
    refuse(tjGetErrorStr2(head.handle.get()), name);
  if (head.width < 1 || head.height < 1) refuse("its head is not whole", name);
  check_size(head.height, head.width, name);
  head.orientation = orientation_of({bytes});
  return head;
}

// Upright, as the orientation says which corner the first pixel belongs to.
Picture turned(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const bool swaps = orientation >= 5;
  const bool mirrors =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;  // columns of the file
  const bool flips = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;  // rows of the file
  Picture out{swaps ? picture.width : picture.height, swaps ? picture.height : picture.width, {}};
  out.pixels.reserve(picture.pixels.size());
  for (std::int64_t y = 0; y < out.height; ++y) {
    for (std::int64_t x = 0; x < out.width; ++x) {
      auto row = swaps ? x : y, column = swaps ? y : x;
      if (flips) row = picture.height - 1 - row;
      if (mirrors) column = picture.width - 1 - column;
      const auto* pixel = picture.pixels.data() + (row * picture.width + column) * 3;
      out.pixels.insert(out.pixels.end(), pixel, pixel + 3);
    }
  }
  return out;
}

}  // namespace

PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name) {
  const Head head = read_head(bytes, name);
  return head.orientation >= 5 ? PictureSize{head.width, head.height} : PictureSize{head.height, head.width};
}

Picture read_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  const Head head = read_head(bytes, name);
  const bool inks = head.colours == TJCS_CMYK || head.colours == TJCS_YCCK;
  const std::size_t area = static_cast<std::size_t>(head.width) * static_cast<std::size_t>(head.height);
  Picture picture{head.height, head.width, std::vector<std::uint8_t>(area * (inks ? 4 : 3))};
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;  // the same bytes on every machine
  if (tjDecompress2(head.handle.get(), data_of(bytes), bytes.size(), picture.pixels.data(), head.width, 0, head.height,
                    inks ? TJPF_CMYK : TJPF_RGB, kFlags) != 0)
    refuse(tjGetErrorStr2(head.handle.get()), name);
  if (inks) {  // stored inverted, as Adobe's programs do and all others since
    for (std::size_t i = 0; i < area; ++i)
      for (std::size_t c = 0; c < 3; ++c)
        picture.pixels[i * 3 + c] =
            static_cast<std::uint8_t>((picture.pixels[i * 4 + c] * picture.pixels[i * 4 + 3] + 127) / 255);
    picture.pixels.resize(area * 3);
  }
  return turned(std::move(picture), head.orientation);
}

}  // namespace limn
