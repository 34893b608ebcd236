// Data sets out of NumPy arrays: which array is what, and the table or the images they are.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "data/csv.hpp"
#include "data/image_set.hpp"
#include "data/npy.hpp"

namespace limn {

struct ArraySet {
  std::string name;
  NpyArray x;                       // [samples, columns], or images; the training samples first
  NpyArray y;                       // [samples], or nothing
  std::int64_t official_train = 0;  // of the samples; 0: no official split

  std::int64_t samples() const { return x.shape[0]; }
  bool images() const { return x.shape.size() > 2; }
  bool labelled() const { return !y.shape.empty(); }
};

bool is_array_name(const std::string& file_name);  // .npy or .npz

// NAME.npz with x and, for training, y; or with x_train, y_train, x_test, y_test. NAME.npy with the labels in
// NAME-labels.npy, if there are any. Capitals do not matter.
// Error: as parse_npy and list_zip; no such arrays, shapes that do not go together.
ArraySet read_arrays(const std::filesystem::path& path);
ArraySet parse_npz(std::span<const std::byte> archive, const std::string& name);

// [samples, columns] -> columns x0, x1, ... and y. Error: more than 2^26 cells.
Table table_of(const ArraySet& set);

// [samples, height, width], [samples, height, width, channels] or else [samples, channels, height, width], of 1, 3 or 4
// channels -> images, with the channels before the height. uint8 means 0 to 1 in 255 steps; floats are taken as they
// are. Error: other shapes or types, sides beyond 4096, numbers that are not finite, labels that are not 0 to 255.
ImageSet images_of(const ArraySet& set);

}  // namespace limn
