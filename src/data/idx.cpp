#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/inflate.hpp"

namespace limn {
namespace {

constexpr std::int64_t kMaxSide = 4096;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 31;  // exclusive: rows are counted in 32 bits
constexpr std::size_t kMaxDeflateRatio = 1032;             // RFC 1951: no stream grows more than this

// What a file's header promises, checked against what the file can hold.
struct Header {
  std::array<std::int64_t, 3> dims{1, 1, 1};
  std::size_t bytes = 0;    // of the header
  std::size_t content = 0;  // of what follows it
};

std::uint32_t big_endian(const std::byte* p) {
  return std::to_integer<std::uint32_t>(p[0]) << 24 | std::to_integer<std::uint32_t>(p[1]) << 16 |
         std::to_integer<std::uint32_t>(p[2]) << 8 | std::to_integer<std::uint32_t>(p[3]);
}

Header parse_header(std::span<const std::byte> head, int rank, const std::string& name) {
  const auto wanted = rank == 3 ? "images (magic 0x00000803)" : "labels (magic 0x00000801)";
  const auto hint = fmt::format("give an IDX file of unsigned-byte {}, plain or .gz", wanted);
  Header h;
  h.bytes = 4 + 4 * static_cast<std::size_t>(rank);
  if (head.size() < h.bytes) throw Error(fmt::format("{} is too short for an IDX header", name), hint);
  const auto magic = big_endian(head.data());
  if (magic >> 16 != 0 || (magic & 0xff) != static_cast<std::uint32_t>(rank)) {
    throw Error(fmt::format("{} starts with {:#010x}: not IDX {}", name, magic, rank == 3 ? "images" : "labels"), hint);
  }
  if ((magic >> 8 & 0xff) != 0x08) {
    throw Error(fmt::format("{} holds IDX numbers of type {:#04x}, not unsigned bytes (0x08)", name, magic >> 8 & 0xff),
                hint);
  }
  std::int64_t content = 1;
  for (int i = 0; i < rank; ++i) {
    const auto dim = static_cast<std::int64_t>(big_endian(head.data() + 4 + 4 * i));
    if (dim < 1 || dim >= kMaxCount || (i > 0 && dim > kMaxSide)) {
      throw Error(fmt::format("{} claims a dimension of {}", name, dim),
                  fmt::format("there must be at least one sample, and images of at most {0}x{0}", kMaxSide));
    }
    h.dims[static_cast<std::size_t>(i)] = dim;
    content *= dim;  // < 2^31 * 2^12 * 2^12: cannot overflow
  }
  h.content = static_cast<std::size_t>(content);
  return h;
}

// A whole file, decompressed: its header and what follows it.
struct Block {
  Header header;
  std::string bytes;
};

[[noreturn]] void wrong_length(const Header& h, const std::string& name, const std::string& has) {
  throw Error(fmt::format("{} should hold {} bytes by its header, but has {}", name, h.bytes + h.content, has),
              "the file is cut short or damaged: fetch it again");
}

Block parse_block(std::string content, int rank, const std::string& name) {
  const auto bytes = std::as_bytes(std::span(content));
  if (!is_gzip(bytes)) {
    const auto h = parse_header(bytes, rank, name);
    if (content.size() != h.bytes + h.content) wrong_length(h, name, fmt::format("{}", content.size()));
    return {h, std::move(content)};
  }
  Inflater inflater(bytes, name);
  std::array<std::byte, 16> head;
  const auto n = inflater.read(std::span(head).first(4 + 4 * static_cast<std::size_t>(rank)));
  const auto h = parse_header(std::span(head).first(n), rank, name);
  if (h.content / kMaxDeflateRatio > bytes.size()) wrong_length(h, name, "far fewer");
  Block block{h, std::string(h.bytes + h.content, '\0')};
  const auto out = std::as_writable_bytes(std::span(block.bytes));
  std::copy_n(head.begin(), h.bytes, out.begin());
  if (inflater.read(out.subspan(h.bytes)) != h.content) wrong_length(h, name, "fewer");
  std::byte extra;
  if (inflater.read({&extra, 1}) != 0) wrong_length(h, name, "more");
  return block;
}

void write_idx(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
               std::span<const std::int64_t> dims) {
  std::string out{0, 0, 8, static_cast<char>(dims.size())};
  for (const auto dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(dim >> shift & 0xff);
  }
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  write_durably(path, out);
}

}  // namespace

IdxImages parse_idx_images(std::string content, const std::string& name) {
  auto block = parse_block(std::move(content), 3, name);
  const auto& dims = block.header.dims;
  auto owner = std::make_shared<std::string>(std::move(block.bytes));
  IdxImages images;
  images.height = dims[1];
  images.width = dims[2];
  images.size = dims[0];
  images.counts = {dims[0]};
  images.bytes =
      std::span(reinterpret_cast<const std::uint8_t*>(owner->data()), owner->size()).subspan(block.header.bytes);
  images.owner = std::move(owner);
  return images;
}

IdxImages read_idx_images(std::span<const std::filesystem::path> paths) {
  LIMN_CHECK(!paths.empty());
  auto images = parse_idx_images(read_text(paths[0]), paths[0].string());
  if (paths.size() == 1) return images;
  auto all = std::make_shared<std::vector<std::uint8_t>>(images.bytes.begin(), images.bytes.end());
  for (const auto& path : paths.subspan(1)) {
    const auto more = parse_idx_images(read_text(path), path.string());
    if (more.height != images.height || more.width != images.width) {
      throw Error(fmt::format("{} has images of {}x{}, but {} of {}x{}", path.string(), more.height, more.width,
                              paths[0].string(), images.height, images.width),
                  "put only files of one set in a folder");
    }
    images.counts.push_back(more.size);
    images.size += more.size;
    all->insert(all->end(), more.bytes.begin(), more.bytes.end());
  }
  if (images.size >= kMaxCount) throw Error(fmt::format("{} images are too many", images.size), "use fewer than 2^31");
  images.bytes = *all;
  images.owner = std::move(all);
  return images;
}

std::vector<std::uint8_t> parse_idx_labels(std::string content, const std::string& name) {
  const auto block = parse_block(std::move(content), 1, name);
  return {block.bytes.begin() + static_cast<std::ptrdiff_t>(block.header.bytes), block.bytes.end()};
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  return parse_idx_labels(read_text(path), path.string());
}

void write_idx_images(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, std::int64_t height,
                      std::int64_t width) {
  LIMN_CHECK(height > 0 && width > 0 && static_cast<std::int64_t>(bytes.size()) % (height * width) == 0);
  write_idx(path, bytes, std::array{static_cast<std::int64_t>(bytes.size()) / (height * width), height, width});
}
void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels) {
  write_idx(path, labels, std::array{static_cast<std::int64_t>(labels.size())});
}

}  // namespace limn
