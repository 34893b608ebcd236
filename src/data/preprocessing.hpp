// How raw input becomes numbers: stored with a run, so that `predict` takes raw input and gives raw answers.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct ColumnEncoding {
  std::string name;
  std::vector<std::string>
      categories;                  // one-hot in this order; empty for a numeric column. Unseen or missing: all zero.
  double mean = 0, deviation = 1;  // of the training rows; missing numbers become the mean, that is 0
};

struct ChannelEncoding {
  double mean = 0, deviation = 1;  // of the training images, pixels taken from 0 to 1
};

// What grey training images show where each is one figure before a plain ground, as written digits are.
struct Figure {
  bool bright = true;          // brighter than its ground
  double box = 0;              // the larger side of the box around it in pixels, a mean; 0: they are no such images
  double down = 0, right = 0;  // its centre of mass, a mean
};

struct Preprocessing {
  std::string kind;                       // "images" or "table"; "none" of no data
  std::vector<std::int64_t> sample;       // raw shape of an image, [28, 28] or [3, 32, 32]
  double byte_scale = 1.0 / 255.0;        // of images: value = byte * byte_scale
  std::vector<ChannelEncoding> channels;  // of images: (value - mean) / deviation by channel; empty: as they are
  Figure figure;                          // of images
  std::vector<ColumnEncoding> columns;    // of a table, in the order of the encoded row
  std::string target;                     // name of the target column of a table
  std::vector<std::string> classes;       // class names; empty for regression
  double target_mean = 0, target_deviation = 1;

  std::int64_t width() const;  // numbers in an encoded table row
  // A feature of an encoded table row in its column's own unit (of a category as it is), and a target in its own.
  double raw_value(std::int64_t feature, double encoded) const;
  double raw_target(double standardised) const { return standardised * target_deviation + target_mean; }
  void normalize(std::span<float> image) const;  // by `channels`, in place
  // Doubles come back bit by bit.
  std::string to_json() const;
  static Preprocessing from_json(const std::string& text);  // Error: not made by to_json
};

}  // namespace limn
