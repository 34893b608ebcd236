// Image sets from IDX files, folders of them and the catalogue: pixels, label bytes and whether there is an official
// split. It must not know what a run does with them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/catalogue.hpp"
#include "data/idx.hpp"

namespace limn {

struct ImageSet {
  std::string name;
  IdxImages images;
  std::int64_t channels = 1;         // of an image [channels, height, width]
  std::span<const float> values;     // where the pixels are no bytes; images.bytes is empty then
  std::vector<std::uint8_t> labels;  // [images.size], or empty where there is no label file
  std::vector<std::string> classes;  // of labels: name of label i; empty where the files alone do not tell
  double byte_scale = 1.0 / 255.0;
  std::int64_t official_train = 0;  // the first so many are for training, the others for testing; 0: no official split
  std::int64_t official_valid = 0;  // so many behind them validate; 0: a part of the training rows does
  std::string digest;               // known beforehand, or empty
  std::vector<std::string> files;   // of pictures: the file that image i was
  std::vector<std::string> fitted;  // of pictures for a run: what was done to each; empty where nothing was
  std::vector<std::string> notes;   // for people

  std::vector<std::int64_t> sample() const {  // [height, width], or with the channels before them
    return channels == 1 ? std::vector{images.height, images.width}
                         : std::vector{channels, images.height, images.width};
  }
};

bool looks_like_idx(const std::filesystem::path& file);  // by its name or its first bytes
bool holds_idx(const std::filesystem::path& folder);     // an images file by its name

// A folder with train and t10k (or test) files, or with one images file; or one images file, with its labels beside it
// by the usual names. Error: nothing fitting there, as the readers, or labels and images differ in number.
ImageSet read_image_path(const std::filesystem::path& path);

// A set of the catalogue that is in the cache or drawn here. Error: a file is damaged.
ImageSet read_image_entry(const CatalogueEntry& entry);

}  // namespace limn
