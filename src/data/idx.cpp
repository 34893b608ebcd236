#include "data/idx.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
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

// One file, its header checked and its content not yet touched.
class IdxFile {
 public:
  IdxFile(const std::filesystem::path& path, int rank) : name_(path.string()), file_(path) {
    auto bytes = file_.bytes();
    if (!is_gzip(bytes)) {
      header_ = parse_header(bytes, rank, name_);
      if (bytes.size() != header_.bytes + header_.content) wrong_length(fmt::format("{}", bytes.size()));
      return;
    }
    std::array<std::byte, 16> head;
    inflater_.emplace(bytes, name_);
    const auto n = inflater_->read(std::span(head).first(4 + 4 * static_cast<std::size_t>(rank)));
    header_ = parse_header(std::span(head).first(n), rank, name_);
    if (header_.content / kMaxDeflateRatio > bytes.size()) wrong_length("far fewer");
  }

  const Header& header() const { return header_; }
  const std::string& name() const { return name_; }
  bool plain() const { return !inflater_; }

  void read_into(std::span<std::byte> out) {  // out.size() == header().content; once
    if (plain()) {
      std::memcpy(out.data(), file_.bytes().data() + header_.bytes, out.size());
      return;
    }
    if (inflater_->read(out) != out.size()) wrong_length("fewer");
    std::byte extra;
    if (inflater_->read({&extra, 1}) != 0) wrong_length("more");
  }

 private:
  [[noreturn]] void wrong_length(const std::string& has) const {
    throw Error(
        fmt::format("{} should hold {} bytes by its header, but has {}", name_, header_.bytes + header_.content, has),
        "the file is cut short or damaged: fetch it again");
  }

  std::string name_;
  MappedFile file_;
  Header header_;
  std::optional<Inflater> inflater_;
};

// Address space of its own, in which a file can be mapped at the start.
class Region {
 public:
  explicit Region(std::size_t size) : size_(size) {
    data_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data_ == MAP_FAILED) {
      throw Error(fmt::format("no memory for {} bytes of images", size), "use a smaller set", Fault::kFailure);
    }
  }
  ~Region() { ::munmap(data_, size_); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  // Private pages: what is written behind the file's end stays in this process.
  void map_at_start(const std::filesystem::path& path, std::size_t size) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw_file_error("read", path, errno);
    void* at = ::mmap(data_, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
    const int error_number = errno;
    ::close(fd);
    if (at == MAP_FAILED) throw_file_error("map", path, error_number);
  }
  void seal() { ::mprotect(data_, size_, PROT_READ); }
  std::span<std::byte> bytes() { return {static_cast<std::byte*>(data_), size_}; }

 private:
  void* data_;
  std::size_t size_;
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
  std::vector<IdxFile> files;
  files.reserve(paths.size());
  IdxImages images;
  std::size_t content = 0;
  for (const auto& path : paths) {
    const auto& file = files.emplace_back(path, 3);
    const auto& h = file.header();
    if (images.counts.empty()) {
      images.height = h.dims[1];
      images.width = h.dims[2];
    } else if (h.dims[1] != images.height || h.dims[2] != images.width) {
      throw Error(fmt::format("{} has images of {}x{}, but {} of {}x{}", file.name(), h.dims[1], h.dims[2],
                              files.front().name(), images.height, images.width),
                  "put only files of one set in a folder");
    }
    images.counts.push_back(h.dims[0]);
    images.size += h.dims[0];
    content += h.content;  // each < 2^55, and a folder has two
  }
  if (images.size >= kMaxCount) throw Error(fmt::format("{} images are too many", images.size), "use fewer than 2^31");

  const bool in_place = files.front().plain();
  const std::size_t start = in_place ? files.front().header().bytes : 0;
  auto region = std::make_shared<Region>(start + content);
  auto at = start;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto n = files[i].header().content;
    if (i == 0 && in_place) {
      region->map_at_start(paths[0], start + n);
    } else {
      files[i].read_into(region->bytes().subspan(at, n));
    }
    at += n;
  }
  region->seal();
  images.bytes = {reinterpret_cast<const std::uint8_t*>(region->bytes().data()) + start, content};
  images.owner = std::move(region);
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path) {
  IdxFile file(path, 1);
  std::vector<std::uint8_t> labels(file.header().content);
  file.read_into(std::as_writable_bytes(std::span(labels)));
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
