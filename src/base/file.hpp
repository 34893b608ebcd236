// Files: read whole or mapped, and written so that a crash leaves the old file or the new one, never half of one.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace limn {

// A file mapped read-only, for files that limn itself writes. Empty files map to an empty span.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);  // Error: not there, a directory, no permission
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::span<const std::byte> bytes_;
};

// A file read in pieces, front to back.
class FileReader {
 public:
  explicit FileReader(const std::filesystem::path& path);  // Error: as MappedFile
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader();
  std::size_t size() const { return size_; }  // bytes, when it was opened
  // Fills `out` as far as the file reaches and returns the bytes read: fewer than asked only at its end.
  std::size_t read(std::span<std::byte> out);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

// The whole file, copied: unlike a mapped one it may be cut short by somebody else afterwards, or meanwhile.
// Error: as MappedFile, or it has more than `most` bytes.
std::string read_text(const std::filesystem::path& path, std::size_t most = std::size_t{1} << 34);

// Writes aside, syncs, renames, syncs the folder. `mode`: who may read it, as chmod has it, less the umask.
// Error (kFailure) on a full disk or a folder that cannot be written.
void write_durably(const std::filesystem::path& path, std::span<const std::byte> bytes, unsigned mode = 0644);
void write_durably(const std::filesystem::path& path, std::string_view text, unsigned mode = 0644);

// Error: something that is no file, such as a folder or a device, stands there already. `such_as`: a name for the hint.
void check_ordinary(const std::filesystem::path& path, std::string_view such_as);

// Throws Error for the errno of a failed call on `path`; kFailure for a full disk or an I/O error, else kRequest.
[[noreturn]] void throw_file_error(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace limn
