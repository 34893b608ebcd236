#include "data/picture_set.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/figure.hpp"
#include "data/picture.hpp"
#include "data/picture_layout.hpp"
#include "data/zip.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kKeptSide = 64, kResizedSide = 32;
constexpr std::size_t kMostFile = std::size_t{1} << 28;  // bytes of one picture
constexpr std::size_t kMostNumbers = std::size_t{1} << 32;

bool all_alike(const std::vector<PictureFile>& files) {
  return std::ranges::all_of(files, [&](const PictureFile& file) { return file.size == files[0].size; });
}

// The size that all pictures get.
PictureSize common_size(const std::vector<PictureFile>& files) {
  const auto [height, width] = files[0].size;
  if (all_alike(files) && height <= kKeptSide && width <= kKeptSide) return files[0].size;
  const auto median = [&](std::int64_t PictureSize::* side) {
    std::vector<std::int64_t> sides;
    for (const auto& file : files) sides.push_back(file.size.*side);
    std::ranges::nth_element(sides, sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2));
    return sides[sides.size() / 2];
  };
  const PictureSize size{median(&PictureSize::height), median(&PictureSize::width)};
  const auto larger = std::max(size.height, size.width);
  if (larger <= kResizedSide) return size;
  const auto shrunk = [&](std::int64_t side) {
    return std::max<std::int64_t>(1, (2 * side * kResizedSide + larger) / (2 * larger));
  };
  return {shrunk(size.height), shrunk(size.width)};
}

// [pictures, height, width, 3] -> [pictures, height, width], or [pictures, 3, height, width].
std::vector<std::uint8_t> arranged(const std::vector<std::uint8_t>& pixels, std::size_t area, bool grey) {
  std::vector<std::uint8_t> out;
  out.reserve(grey ? pixels.size() / 3 : pixels.size());
  for (std::size_t begin = 0; begin < pixels.size(); begin += area * 3) {
    for (std::size_t c = 0; c < (grey ? 1 : 3); ++c)
      for (std::size_t p = 0; p < area; ++p)
        out.push_back(grey ? grey_of(&pixels[begin + p * 3]) : pixels[begin + p * 3 + c]);
  }
  return out;
}

void label(ImageSet& set, const std::vector<PictureFile>& files) {
  std::set<std::string> labels;
  for (const PictureFile& file : files) labels.insert(file.label);
  if (labels.contains("")) return;
  set.classes.assign(labels.begin(), labels.end());
  for (const PictureFile& file : files) {
    const auto at = std::ranges::lower_bound(set.classes, file.label);
    set.labels.push_back(static_cast<std::uint8_t>(at - set.classes.begin()));
  }
  const auto count = [&](const char* split) { return std::ranges::count(files, split, &PictureFile::split); };
  set.official_train = count("train");
  set.official_valid = count("valid");
}

// The pictures of a set that can be read; the others are left out, each with a note that names it and says why.
class Reading {
 public:
  Reading(std::string name, const PictureSample& sample, const PictureLimits& limits, std::vector<std::string>& notes)
      : name_(std::move(name)), sample_(sample), limits_(limits), notes_(notes) {}

  void leave_out(const std::string& why) {
    if (left_++ == 0) first_ = why;
    if (left_ <= kMostNotes) notes_.push_back("left out: " + why);
  }
  std::string why() const {  // of an error that follows from what was left out
    return left_ == 0 ? "" : fmt::format("; {} files were left out, the first: {}", left_, first_);
  }

  // By their heads alone.
  void read_sizes(std::vector<PictureFile> all) {
    std::uint64_t bytes = 0, pixels = 0;
    for (PictureFile& file : all) {
      bytes += file.bytes;
      if (bytes > limits_.bytes)
        throw Error(fmt::format("{}: up to here the pictures have {} bytes", called(file), bytes),
                    fmt::format("use fewer or smaller ones: at most {} MiB", limits_.bytes >> 20));
      const auto size = attempt(file, picture_size);
      if (!size) continue;
      pixels += static_cast<std::uint64_t>(size->height * size->width);
      if (pixels > limits_.pixels)
        throw Error(fmt::format("{}: up to here the pictures have {} pixels", called(file), pixels),
                    fmt::format("make them smaller: at most {} million pixels in all", limits_.pixels >> 20));
      file.size = *size;
      files_.push_back(std::move(file));
    }
    check_any();
  }

  // All of one size. A picture may turn out to be damaged behind its head; the size is then that of the others.
  std::vector<std::uint8_t> read_pixels() {  // [pictures, height, width, 3]
    std::vector<std::uint8_t> seen;
    PictureSize drawn;
    do {
      drawn = size();
      const auto numbers = static_cast<std::size_t>(drawn.height * drawn.width) * 3;
      if (files_.size() > kMostNumbers / numbers)
        throw Error(
            fmt::format("{} would become {} pictures of {}x{}", name_, files_.size(), drawn.width, drawn.height),
            "use fewer or smaller ones");
      seen.clear(), fitted_.clear();
      seen.reserve(files_.size() * numbers);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < files_.size(); ++i) {
        const auto picture = attempt(files_[i], read_picture);
        if (!picture) continue;
        auto [fitted, done] = sample_ && sample_->figure.box > 0 ? fit_figure(*picture, sample_->figure, drawn)
                                                                 : FittedPicture{resized(*picture, drawn), ""};
        seen.insert(seen.end(), fitted.pixels.begin(), fitted.pixels.end());
        fitted_.push_back(std::move(done));
        if (kept != i) files_[kept] = std::move(files_[i]);
        ++kept;
      }
      files_.resize(kept);
      check_any();
    } while (size() != drawn);
    return seen;
  }

  std::vector<PictureFile>& files() { return files_; }
  std::vector<std::string>& fitted() { return fitted_; }
  PictureSize size() const {
    return sample_ ? PictureSize{*(sample_->sample.end() - 2), sample_->sample.back()} : common_size(files_);
  }
  void note_size() {
    if (left_ > kMostNotes) notes_.push_back(fmt::format("left out: {} more", left_ - kMostNotes));
    const auto [height, width] = size();
    const bool alike = all_alike(files_);
    if (sample_ || (alike && files_[0].size == size())) return;
    notes_.push_back((alike ? fmt::format("all pictures are {}x{} and are", files_[0].size.width, files_[0].size.height)
                            : std::string("pictures of different sizes are")) +
                     fmt::format(" resized to {}x{}", width, height));
  }

 private:
  static constexpr std::size_t kMostNotes = 1000;

  bool is_alone(const PictureFile& file) const { return name_ == file.path; }
  std::string called(const PictureFile& file) const {
    return is_alone(file) ? name_ : fmt::format("{}: {}", name_, file.path);
  }
  void check_any() const {
    if (files_.empty())
      throw Error(fmt::format("{} holds no picture that can be read{}", name_, why()), kPictureLayout);
  }

  // What `read` makes of the file, or nothing, with a note. Error: the file is all that was asked for.
  template <class Read>
  auto attempt(const PictureFile& file, Read read)
      -> std::optional<decltype(read(std::span<const std::byte>(), file.path))> {
    try {
      if (file.bytes > kMostFile)
        throw Error(fmt::format("{} has {} bytes", file.path, file.bytes), "make it smaller: at most 256 MiB");
      const auto content = file.read();
      return read(std::as_bytes(std::span(content)), file.path);
    } catch (const Error& error) {
      if (is_alone(file)) throw;
      leave_out(error.what());
      return std::nullopt;
    }
  }

  std::string name_, first_;
  const PictureSample& sample_;
  const PictureLimits& limits_;
  std::vector<std::string>& notes_;
  std::size_t left_ = 0;
  std::vector<PictureFile> files_;
  std::vector<std::string> fitted_;  // what was done to each
};

ImageSet set_of(std::vector<PictureFile> all, const std::string& name, const PictureSample& sample,
                const PictureLimits& limits) {
  ImageSet set;
  set.name = fs::path(name).filename().string();
  Reading reading(name, sample, limits, set.notes);
  std::vector<std::string> others;
  auto pictures = pictures_among(std::move(all), name, others);
  for (const std::string& path : others) reading.leave_out(path + " is no picture by its name");
  reading.read_sizes(std::move(pictures));
  auto& files = reading.files();
  sort_into_classes(files);
  if (!sample) check_classes(files, name, reading.why());
  std::ranges::sort(files, {}, [](const PictureFile& file) {
    return std::pair(file.split == "test" ? 2 : file.split == "valid" ? 1 : 0, std::string_view(file.path));
  });
  const auto seen = reading.read_pixels();
  if (!sample) check_classes(files, name, reading.why());
  reading.note_size();
  bool grey = sample && sample->sample.size() == 2;
  if (!sample) {
    grey = true;
    for (std::size_t i = 0; grey && i < seen.size(); i += 3) grey = seen[i] == seen[i + 1] && seen[i] == seen[i + 2];
  }
  const auto size = reading.size();
  auto kept = std::make_shared<std::vector<std::uint8_t>>(
      arranged(seen, static_cast<std::size_t>(size.height * size.width), grey));
  for (const PictureFile& file : files) set.files.push_back(file.path);
  set.channels = grey ? 1 : 3;
  set.images.height = size.height;
  set.images.width = size.width;
  set.images.size = static_cast<std::int64_t>(files.size());
  set.images.counts = {set.images.size};
  set.images.bytes = *kept;
  set.images.owner = std::move(kept);
  if (sample) set.fitted = std::move(reading.fitted());
  label(set, files);
  return set;
}

std::vector<PictureFile> files_below(const fs::path& folder) {
  std::vector<PictureFile> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const auto path = it->path();
    const auto within = path.lexically_relative(folder).generic_string();
    files.push_back({within, it->file_size(ignored), [path] { return read_text(path, kMostFile); }, "", ""});
  }
  if (failed) throw_file_error("read the folder", folder, failed.value());
  return files;
}

}  // namespace

bool is_zip_name(const std::string& file_name) { return ending_of(file_name) == "zip"; }

bool is_picture_name(const std::string& file_name) {
  const auto ending = ending_of(file_name);
  return ending == "png" || ending == "jpg" || ending == "jpeg";
}

ImageSet parse_picture_zip(std::span<const std::byte> archive, const std::string& name, const PictureSample& sample,
                           const PictureLimits& limits) {
  std::vector<PictureFile> files;
  for (const auto& member : list_zip(archive, name)) {
    if (member.name.ends_with('/') || member.name.ends_with('\\')) continue;  // a folder
    files.push_back(
        {utf8_name(member.name, name), member.bytes, [member, name] { return unpack_member(member, name); }, "", ""});
  }
  return set_of(std::move(files), name, sample, limits);
}

ImageSet read_picture_path(const fs::path& path, const PictureSample& sample) {
  const auto name = (path.has_filename() ? path : path.parent_path()).string();
  if (fs::is_directory(path)) return set_of(files_below(path), name, sample, {});
  std::string content = read_text(path);
  if (is_zip_name(name)) return parse_picture_zip(std::as_bytes(std::span(content)), name, sample, {});
  std::vector<PictureFile> files;
  files.push_back({name, content.size(), [&] { return content; }, "", ""});
  auto set = set_of(std::move(files), name, sample, {});
  set.labels.clear();  // the folders above it mean nothing here
  set.classes.clear();
  return set;
}

}  // namespace limn
