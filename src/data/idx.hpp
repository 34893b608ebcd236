// IDX files of unsigned bytes, the format of MNIST: images [n, height, width] and labels [n], plain or gzip.
// It must not know what the images show or how they are split. Source: the format's description on the MNIST page.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct IdxImages {
  std::int64_t height = 0, width = 0;   // each 1 .. 4096
  std::vector<std::int64_t> counts;     // images of each file, in order
  std::int64_t size = 0;                // of all files
  std::span<const std::uint8_t> bytes;  // [size, height, width]
  std::shared_ptr<const void> owner;    // keeps `bytes`
};

// Reads image files of one size as one block. Error: wrong magic or type, absurd or differing sizes, bytes missing or
// left over.
IdxImages read_idx_images(std::span<const std::filesystem::path> paths);

// Reads a label file. Error: as above.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

// Writes the same formats (tests, and sets that come in others). Error: the disk is full or the folder is read-only.
void write_idx_images(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, std::int64_t height,
                      std::int64_t width);
void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels);

}  // namespace limn
