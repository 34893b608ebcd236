#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
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

[[noreturn]] void wrong_length(const Header& h, const std::string& name, const std::string& has) {
  throw Error(fmt::format("{} should hold {} bytes by its header, but has {}", name, h.bytes + h.content, has),
              "the file is cut short or damaged: fetch it again");
}

// A file whose header is read and fits it; its content goes straight to where it is wanted.
class IdxFile {
 public:
  IdxFile(const std::filesystem::path& path, int rank) : name_(path.string()), file_(path) {
    std::array<std::byte, 16> head;
    const auto wanted = std::span(head).first(4 + 4 * static_cast<std::size_t>(rank));
    auto got = file_.read(wanted);
    const bool zipped = is_gzip(wanted.first(got));
    if (zipped) {
      zipped_ = read_text(path);
      inflater_.emplace(std::as_bytes(std::span(zipped_)), name_);
      got = inflater_->read(wanted);
    }
    header_ = parse_header(wanted.first(got), rank, name_);
    if (zipped && header_.content / kMaxDeflateRatio > zipped_.size()) wrong_length(header_, name_, "far fewer");
    if (!zipped && file_.size() != header_.bytes + header_.content) {
      wrong_length(header_, name_, fmt::format("{}", file_.size()));
    }
  }
  IdxFile(IdxFile&&) = delete;  // the inflater reads `zipped_` where it is

  const std::string& name() const { return name_; }
  const std::array<std::int64_t, 3>& dims() const { return header_.dims; }
  std::size_t content_size() const { return header_.content; }  // bytes

  void read(std::span<std::uint8_t> out) {
    if (read_some(std::as_writable_bytes(out)) != out.size()) wrong_length(header_, name_, "fewer");
    std::byte extra;
    if (read_some({&extra, 1}) != 0) wrong_length(header_, name_, "more");
  }

 private:
  std::size_t read_some(std::span<std::byte> out) { return inflater_ ? inflater_->read(out) : file_.read(out); }

  std::string name_;
  FileReader file_;
  std::string zipped_;
  std::optional<Inflater> inflater_;
  Header header_;
};

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

IdxImages read_idx_images(std::span<const std::filesystem::path> paths) {
  LIMN_CHECK(!paths.empty());
  std::deque<IdxFile> files;
  std::size_t total = 0;
  IdxImages images;
  for (const auto& path : paths) {
    const auto& file = files.emplace_back(path, 3);
    const auto [count, height, width] = file.dims();
    if (files.size() == 1) {
      images.height = height;
      images.width = width;
    } else if (height != images.height || width != images.width) {
      throw Error(fmt::format("{} has images of {}x{}, but {} of {}x{}", file.name(), height, width,
                              files.front().name(), images.height, images.width),
                  "put only files of one set in a folder");
    }
    images.counts.push_back(count);
    images.size += count;
    total += file.content_size();
  }
  if (images.size >= kMaxCount) throw Error(fmt::format("{} images are too many", images.size), "use fewer than 2^31");
  auto pixels = std::make_shared_for_overwrite<std::uint8_t[]>(total);
  std::size_t at = 0;
  for (auto& file : files) {
    file.read({pixels.get() + at, file.content_size()});
    at += file.content_size();
  }
  images.bytes = {pixels.get(), total};
  images.owner = std::move(pixels);
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  IdxFile file(path, 1);
  std::vector<std::uint8_t> labels(file.content_size());
  file.read(labels);
  return labels;
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
