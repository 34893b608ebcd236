// PNG by libpng. Its errors come by longjmp, so the functions that it jumps out of own nothing.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "base/error.hpp"
#include "data/picture_kinds.hpp"

namespace limn {
namespace {

constexpr std::size_t kMessage = 100;

// What outlives a jump: where the reader stands, and what libpng said.
struct Reading {
  std::span<const std::byte> bytes;
  std::size_t at = 0;
  std::int64_t row = -1, height = 0, width = 0;  // row: the one that is read, -1 before the first
  char message[kMessage] = "";
};

void give(png_structp png, png_bytep to, std::size_t count) {
  auto& reading = *static_cast<Reading*>(png_get_io_ptr(png));
  if (count > reading.bytes.size() - reading.at) png_error(png, "the file ends early");
  std::memcpy(to, reading.bytes.data() + reading.at, count);
  reading.at += count;
}

void complain(png_structp png, png_const_charp message) {
  auto& reading = *static_cast<Reading*>(png_get_error_ptr(png));
  std::strncpy(reading.message, message, kMessage - 1);
  std::longjmp(png_jmpbuf(png), 1);
}

void ignore(png_structp, png_const_charp) {}

// Owns what libpng allocates.
struct Png {
  explicit Png(Reading& reading) : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, complain, ignore)) {
    if (png) info = png_create_info_struct(png);
    if (!info) throw std::bad_alloc();
    png_set_read_fn(png, &reading, give);
  }
  ~Png() { png_destroy_read_struct(&png, &info, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

bool read_head(Png& file, Reading& reading) {
  if (setjmp(png_jmpbuf(file.png))) return false;
  png_set_user_limits(file.png, 1 << 24, 1 << 24);  // check_size says it in our words
  png_set_chunk_malloc_max(file.png, 1 << 22);
  png_read_info(file.png, file.info);
  reading.height = png_get_image_height(file.png, file.info);
  reading.width = png_get_image_width(file.png, file.info);
  return true;
}

// Into [height, width, 4] bytes, and on to the file's end.
bool read_rows(Png& file, Reading& reading, png_bytep out) {
  if (setjmp(png_jmpbuf(file.png))) return false;
  png_set_scale_16(file.png);
  png_set_expand(file.png);  // palettes, few bits, transparent colours
  png_set_gray_to_rgb(file.png);
  png_set_add_alpha(file.png, 0xFF, PNG_FILLER_AFTER);
  const int passes = png_set_interlace_handling(file.png);
  png_read_update_info(file.png, file.info);
  for (int pass = 0; pass < passes; ++pass)
    for (reading.row = 0; reading.row < reading.height; ++reading.row)
      png_read_row(file.png, out + reading.row * reading.width * 4, nullptr);
  png_read_end(file.png, nullptr);
  return true;
}

[[noreturn]] void refuse(const Reading& reading, const std::string& name) {
  const auto where = reading.row < 0
                         ? "in its head"
                         : fmt::format("at row {} of {}", std::min(reading.row + 1, reading.height), reading.height);
  throw Error(fmt::format("{}: the picture is damaged {}: {}", name, where, reading.message),
              "save it again, or leave it out");
}

}  // namespace

PictureSize png_size(std::span<const std::byte> bytes, const std::string& name) {
  Reading reading{.bytes = bytes};
  Png file(reading);
  if (!read_head(file, reading)) refuse(reading, name);
  check_size(reading.height, reading.width, name);
  return {reading.height, reading.width};
}

Picture read_png(std::span<const std::byte> bytes, const std::string& name) {
  Reading reading{.bytes = bytes};
  Png file(reading);
  if (!read_head(file, reading)) refuse(reading, name);
  check_size(reading.height, reading.width, name);
  const auto area = static_cast<std::size_t>(reading.height * reading.width);
  Picture picture{reading.height, reading.width, std::vector<std::uint8_t>(area * 4)};
  auto& seen = picture.pixels;
  if (!read_rows(file, reading, seen.data())) refuse(reading, name);
  for (std::size_t i = 0; i < area; ++i) {  // over white, in place: large pictures are large enough once
    const unsigned alpha = seen[i * 4 + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned mixed = seen[i * 4 + c] * alpha + 255 * (255 - alpha);
      seen[i * 3 + c] = static_cast<std::uint8_t>((mixed + 127) / 255);
    }
  }
  seen.resize(area * 3);
  return picture;
}

std::string to_png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(picture.height), image.width = static_cast<png_uint_32>(picture.width);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  const auto* pixels = picture.pixels.data();
  std::string bytes;
  if (png_image_write_get_memory_size(image, size, 0, pixels, 0, nullptr) != 0) {
    bytes.resize(size);
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr) != 0)
      return bytes.substr(0, size);
  }
  throw Error(fmt::format("no picture of {}x{} can be made: {}", picture.height, picture.width, image.message),
              "make a smaller one", Fault::kFailure);
}

}  // namespace limn
