// What training sees of data: rows of numbers with classes or targets, split in three, and the preprocessing that made
// the numbers out of raw input. It knows no file format and no network.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/shape.hpp"
#include "data/preprocessing.hpp"

namespace limn {

enum class Task { kClassify, kRegress };

// Sample i is features[i * sample.size() ...]. Images stay bytes, value = byte * byte_scale, unless their pixels are
// floating-point numbers; tables are float32, encoded.
struct Dataset {
  std::string name;
  std::string digest;  // SHA-256 over the content as read, before splitting and encoding: pixels and labels, or cells
  Task task = Task::kClassify;
  Shape sample;                         // [28, 28] or [3, 32, 32] for an image, [4] for a table row after encoding
  std::int64_t size = 0;                // samples
  std::span<const std::uint8_t> bytes;  // [size, sample...] of images of bytes, else empty
  float byte_scale = 1.0f / 255.0f;
  std::span<const float> values;     // [size, sample...] of tables and of images of floats, else empty
  std::vector<std::int32_t> labels;  // [size], 0 .. classes - 1, of kClassify; -1: not known (prepare_with)
  std::vector<float> targets;        // [size], standardised by `preprocessing`, of kRegress
  std::vector<std::string> classes;  // names, in the order of the labels
  Preprocessing preprocessing;
  std::vector<std::int32_t> train, valid, test;  // rows of each split, ascending; disjoint
  std::vector<std::string> files;                // of a folder or an archive of pictures: the file that sample i was
  std::vector<std::string> fitted;               // of the same for a run: what was done to it, or ""
  std::vector<std::string> notes;                // for people: columns, rows and files that were left out
  std::shared_ptr<const void> owner;             // keeps the memory behind bytes and values
};

struct DataRequest {
  std::string data;            // a name of the catalogue or a path
  std::string target{};        // column to predict; empty: the last one, or the set's own
  std::string split = "auto";  // "auto" (official, else 70/15/15) or fractions "0.7/0.15/0.15"
  std::uint64_t seed = 1;
  bool normalize = false;  // images: by the mean and the deviation of each channel over the training rows

  friend bool operator==(const DataRequest&, const DataRequest&) = default;
};

// Loads, splits by the seed, fits the preprocessing on the training rows and encodes every row. `data` is a name of the
// catalogue (fetched if it is not in the cache), kNoData for no rows at all, a .csv or .tsv file (also .gz), a .npy or
// .npz file, a folder or .zip file of pictures (data/picture_set.hpp), an IDX images file with its labels beside it, or
// a folder of IDX files. Sets with official training and test files: 1/12 of the training rows validate unless the set
// has rows for that, the test rows test; "auto" for others is 70/15/15. Fractions apply to all rows. Every split is
// stratified by class. Error: nothing readable by that name, damaged or unusable content, a wrong target or split.
Dataset prepare(const DataRequest& request);

// Loads other data of the same kind and encodes it with a run's stored preprocessing. Every row is in `test`, but a set
// with an official split keeps its training rows in `train`. Labels are -1 and targets NaN where the data has none.
// Error: as prepare; another image size, a column that is not there, a class that the run does not know.
Dataset prepare_with(const Preprocessing& preprocessing, const std::string& data);

}  // namespace limn
