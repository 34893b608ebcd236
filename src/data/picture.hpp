// One picture of a file: PNG by libpng, JPEG by libturbojpeg. It must not know sets, folders or archives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct Picture {
  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, 3], red green blue; of a grey picture three equal bytes
};

struct PictureSize {
  std::int64_t height = 0, width = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

// By a file's first bytes: "PNG", "JPEG"; of a kind that is not read "GIF", "WebP", "HEIC", "AVIF", "BMP", "TIFF",
// "SVG"; else "".
std::string picture_kind(std::span<const std::byte> bytes);

// What read_picture will have, from the file's head alone. Error: as read_picture.
PictureSize picture_size(std::span<const std::byte> bytes, const std::string& name);

// PNG of 1 to 16 bits, grey, palette or colour, with or without alpha (shown over white), interlaced or not; JPEG of 8
// bits, grey, colour or CMYK, baseline or progressive, turned upright as its Exif orientation says.
// name: the file, for the errors. Error: another kind, damaged or cut short (of a PNG with the row), more than 2^26
// pixels or a side beyond 16384.
Picture read_picture(std::span<const std::byte> bytes, const std::string& name);

std::uint8_t grey_of(const std::uint8_t* pixel);  // red green blue, weighed as Rec. 601 does

// The picture at another size, each new pixel the mean of the area it covers, rounded to the nearest byte: whole
// numbers throughout, so the bytes are the same on every machine.
Picture resized(const Picture& picture, PictureSize size);

// The bytes of a PNG file of it, of 8 bits and three colours. Error: it is too large for memory.
std::string to_png(const Picture& picture);

}  // namespace limn
