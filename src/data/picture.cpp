#include "data/picture.hpp"

#include <array>
#include <numeric>
#include <string_view>

#include "base/error.hpp"
#include "data/picture_kinds.hpp"

namespace limn {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void refuse_kind(const std::string& kind, const std::string& name) {
  throw Error(kind.empty() ? fmt::format("{} is no picture that limn knows", name)
                           : fmt::format("{} is a {} picture, which is not read", name, kind),
              "PNG and JPEG are read: save it as one of them");
}

// How much of a row of `from` pixels each of `to` pixels covers: pixel j takes weight[k] of pixel first + k, and all
// its weights add up to `from`.
struct Cover {
  std::size_t first = 0;
  std::vector<std::uint64_t> weights;
};

std::vector<Cover> covers(std::int64_t from, std::int64_t to) {
  std::vector<Cover> all;
  for (std::int64_t j = 0; j < to; ++j) {  // on a line of from * to units
    const auto begin = j * from, end = begin + from;
    Cover cover{static_cast<std::size_t>(begin / to), {}};
    for (auto i = begin / to; i * to < end; ++i)
      cover.weights.push_back(static_cast<std::uint64_t>(std::min(end, (i + 1) * to) - std::max(begin, i * to)));
    all.push_back(std::move(cover));
  }
  return all;
}

}  // namespace

std::string picture_kind(std::span<const std::byte> bytes) {
  const auto text = text_of(bytes);
  const auto brand = text.size() >= 12 && text.substr(4, 4) == "ftyp" ? text.substr(8, 4) : std::string_view();
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return "PNG";
  if (text.starts_with("\xFF\xD8\xFF")) return "JPEG";
  if (text.starts_with("GIF8")) return "GIF";
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return "WebP";
  if (text.starts_with("BM") && text.size() >= 26) return "BMP";
  if (text.starts_with("II*") || text.starts_with("MM")) return "TIFF";
  if (brand == "avif" || brand == "avis") return "AVIF";
  if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1") return "HEIC";
  if (text.substr(0, 512).find("<svg") != std::string_view::npos) return "SVG";
  return "";
}

void check_size(std::int64_t height, std::int64_t width, const std::string& name) {
  constexpr std::int64_t kMostSide = 16384, kMostPixels = std::int64_t{1} << 26;
  if (height < 1 || width < 1) throw Error(fmt::format("{} has no pixels", name), "leave it out");
  if (height > kMostSide || width > kMostSide || height > kMostPixels / width)
    throw Error(fmt::format("{} has {}x{} pixels, which is too large", name, width, height),
                "make it smaller: a side of at most 16384 and 64 million pixels in all");
}

PictureSize picture_size(std::span<const std::byte> bytes, const std::string& name) {
  const auto kind = picture_kind(bytes);
  if (kind == "PNG") return png_size(bytes, name);
  if (kind == "JPEG") return jpeg_size(bytes, name);
  refuse_kind(kind, name);
}

Picture read_picture(std::span<const std::byte> bytes, const std::string& name) {
  const auto kind = picture_kind(bytes);
  if (kind == "PNG") return read_png(bytes, name);
  if (kind == "JPEG") return read_jpeg(bytes, name);
  refuse_kind(kind, name);
}

std::uint8_t grey_of(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>((299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000);
}

Picture resized(const Picture& picture, PictureSize size) {
  LIMN_CHECK(size.height > 0 && size.width > 0 && picture.height > 0 && picture.width > 0);
  if (size.height == picture.height && size.width == picture.width) return picture;
  const auto across = covers(picture.width, size.width), down = covers(picture.height, size.height);
  const auto old_row = static_cast<std::size_t>(picture.width) * 3, new_row = across.size() * 3;
  const auto area = static_cast<std::uint64_t>(picture.width * picture.height);
  Picture out{size.height, size.width, {}};
  out.pixels.reserve(down.size() * new_row);
  std::vector<std::uint64_t> column(old_row), sums(new_row);  // below 255 * 2^26
  for (const Cover& rows : down) {
    std::fill(column.begin(), column.end(), 0);
    for (std::size_t k = 0; k < rows.weights.size(); ++k) {
      const auto* row = picture.pixels.data() + (rows.first + k) * old_row;
      for (std::size_t i = 0; i < old_row; ++i) column[i] += rows.weights[k] * row[i];
    }
    for (std::size_t j = 0; j < across.size(); ++j) {
      for (std::size_t c = 0; c < 3; ++c) {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < across[j].weights.size(); ++k)
          sum += across[j].weights[k] * column[(across[j].first + k) * 3 + c];
        out.pixels.push_back(static_cast<std::uint8_t>((2 * sum + area) / (2 * area)));
      }
    }
  }
  return out;
}

}  // namespace limn
