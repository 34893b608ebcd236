#include "base/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace limn {
namespace {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, std::string_view action, unsigned mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (fd_ < 0) throw_file_error(action, path, errno);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::size_t size_of(const Descriptor& file, const std::filesystem::path& path) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) throw_file_error("read", path, errno);
  if (S_ISDIR(info.st_mode)) throw_file_error("read", path, EISDIR);
  if (!S_ISREG(info.st_mode))
    throw Error(fmt::format("{} is not a regular file", path.string()), "name an ordinary file");
  return static_cast<std::size_t>(info.st_size);
}

}  // namespace

void check_ordinary(const std::filesystem::path& path, std::string_view such_as) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    throw Error(fmt::format("{} is not an ordinary file", path.string()),
                fmt::format("name a file to write, such as {}", such_as));
}

void throw_file_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  const auto what = fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error_number));
  switch (error_number) {
    case ENOENT: throw Error(what, "check the path; relative paths start at the current folder");
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP: throw Error(what, "check the path: a part of it is no folder, or it is too long");
    case EISDIR: throw Error(what, "name a file, not a folder");
    case EACCES:
    case EPERM:
    case EROFS: throw Error(what, "check the permissions of the file and its folder");
    case ENOSPC:
    case EDQUOT: throw Error(what, "free some disk space, or choose another folder with --out", Fault::kFailure);
    default: throw Error(what, "check the disk and the path", Fault::kFailure);
  }
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK, "read");  // a pipe without a writer must not be waited for
  const auto size = size_of(file, path);
  if (size == 0) return;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw_file_error("map", path, errno);
  bytes_ = {static_cast<const std::byte*>(data), size};
}
MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}
MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

FileReader::FileReader(const std::filesystem::path& path) : path_(path) {
  Descriptor file(path, O_RDONLY | O_NONBLOCK, "read");
  size_ = size_of(file, path);
  descriptor_ = file.release();
}
FileReader::~FileReader() { ::close(descriptor_); }

std::size_t FileReader::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n = ::read(descriptor_, out.data() + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_file_error("read", path_, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::string read_text(const std::filesystem::path& path, std::size_t most) {
  FileReader file(path);
  if (file.size() > most) {
    throw Error(fmt::format("{} has {} bytes, more than the {} that can be read", path.string(), file.size(), most),
                "give a smaller file");
  }
  std::string text(file.size(), '\0');
  text.resize(file.read(std::as_writable_bytes(std::span(text))));  // it may have become shorter
  return text;
}

void write_durably(const std::filesystem::path& path, std::span<const std::byte> bytes, unsigned mode) {
  auto aside = path;
  aside += ".part";
  ::unlink(aside.c_str());  // one that a crash left keeps its mode
  try {
    const Descriptor file(aside, O_WRONLY | O_CREAT | O_TRUNC, "write", mode);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_file_error("write", path, errno);
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(file.get()) != 0) throw_file_error("write", path, errno);
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(aside.c_str());
    throw_file_error("write", path, error);
  }
  const Descriptor folder(path.has_parent_path() ? path.parent_path() : ".", O_RDONLY | O_DIRECTORY, "sync");
  ::fsync(folder.get());
}
void write_durably(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  write_durably(path, std::as_bytes(std::span(text)), mode);
}

}  // namespace limn
