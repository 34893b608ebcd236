// Pictures for the tests: PNG written by libpng, chunk by chunk where that matters, and JPEG by libturbojpeg.
#pragma once
#include <png.h>
#include <turbojpeg.h>

#include <cstdint>
#include <string>
#include <vector>

namespace limn::testing {

struct PngForm {
  int bits = 8, colour = PNG_COLOR_TYPE_RGB;
  bool interlaced = false;
  std::vector<png_color> palette{};
  std::vector<png_byte> transparent{};  // alpha of the palette's colours
};

// rows: as the form packs them.
inline std::string png(std::uint32_t width, std::uint32_t height, const std::vector<std::uint8_t>& rows,
                       const PngForm& form) {
  std::string out;
  auto* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  auto* info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep bytes, std::size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(bytes), size);
      },
      nullptr);
  png_set_IHDR(png, info, width, height, form.bits, form.colour, form.interlaced ? PNG_INTERLACE_ADAM7 : 0, 0, 0);
  if (!form.palette.empty()) png_set_PLTE(png, info, form.palette.data(), static_cast<int>(form.palette.size()));
  if (!form.transparent.empty())
    png_set_tRNS(png, info, form.transparent.data(), static_cast<int>(form.transparent.size()), nullptr);
  png_write_info(png, info);
  const auto row = rows.size() / height;
  std::vector<png_bytep> starts;
  for (std::uint32_t y = 0; y < height; ++y) starts.push_back(const_cast<png_bytep>(rows.data() + y * row));
  png_write_image(png, starts.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

inline std::string grey_png(std::uint32_t width, std::uint32_t height, const std::vector<std::uint8_t>& pixels) {
  return png(width, height, pixels, {.colour = PNG_COLOR_TYPE_GRAY});
}

// pixels: [height, width, 3], or of one grey channel, or of four inks.
inline std::string jpeg(int width, int height, const std::vector<std::uint8_t>& pixels, int sampling = TJSAMP_444,
                        bool progressive = false) {
  const auto channels = pixels.size() / static_cast<std::size_t>(width * height);
  const int form = channels == 1 ? TJPF_GRAY : channels == 3 ? TJPF_RGB : TJPF_CMYK;
  auto* handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(handle, pixels.data(), width, 0, height, form, &bytes, &size, channels == 1 ? TJSAMP_GRAY : sampling, 100,
              progressive ? TJFLAG_PROGRESSIVE : 0);
  std::string out(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(handle);
  return out;
}

// The same JPEG with an Exif part that says how it is turned.
inline std::string with_orientation(const std::string& jpeg, int orientation, bool little) {
  const auto two = [&](int v) { return little ? std::string{char(v), '\0'} : std::string{'\0', char(v)}; };
  const auto four = [&](int v) { return little ? two(v) + std::string(2, '\0') : std::string(2, '\0') + two(v); };
  const std::string tiff = (little ? "II" : "MM") + two(42) + four(8) + two(1) + two(0x12) + two(3) + four(1) +
                           two(orientation) + two(0) + four(0);
  std::string entry = tiff;
  entry[little ? 10 : 11] = '\x12';
  entry[little ? 11 : 10] = '\x01';
  const auto size = entry.size() + 8;
  return jpeg.substr(0, 2) + "\xFF\xE1" + std::string{char(size >> 8), char(size)} + std::string("Exif\0\0", 6) + entry +
         jpeg.substr(2);
}

}  // namespace limn::testing
