#include "data/idx.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::gzip;
using testing::idx;
using testing::Scratch;

std::string ramp(std::size_t n, int first = 0) {
  std::string s(n, '\0');
  std::iota(s.begin(), s.end(), static_cast<char>(first));
  return s;
}

std::string text(const IdxImages& images) { return {images.bytes.begin(), images.bytes.end()}; }

TEST(Idx, plain_and_compressed_files_give_the_same_bytes) {
  const Scratch scratch;
  const auto content = ramp(5 * 3 * 4);
  const auto plain = scratch.write("a", idx(0x803, {5, 3, 4}, content));
  const auto small = scratch.write("a.gz", gzip(idx(0x803, {5, 3, 4}, content)));
  const auto halves =
      scratch.write("b.gz", gzip(idx(0x803, {5, 3, 4}, content.substr(0, 7))) + gzip(content.substr(7)));
  for (const auto& path : {plain, small, halves}) {
    const auto images = read_idx_images(std::array{std::filesystem::path(path)});
    EXPECT_EQ(images.size, 5);
    EXPECT_EQ(images.height, 3);
    EXPECT_EQ(images.width, 4);
    EXPECT_EQ(text(images), content) << path;
  }
}

TEST(Idx, several_files_stand_one_behind_the_other_whatever_their_form) {
  const Scratch scratch;
  const auto a = ramp(7 * 6), b = ramp(3 * 6, 100);
  const std::array forms{false, true};
  for (const bool first_gz : forms) {
    for (const bool second_gz : forms) {
      const auto one = idx(0x803, {7, 2, 3}, a), two = idx(0x803, {3, 2, 3}, b);
      const std::array<std::filesystem::path, 2> paths{scratch.write("one", first_gz ? gzip(one) : one),
                                                       scratch.write("two", second_gz ? gzip(two) : two)};
      const auto images = read_idx_images(paths);
      EXPECT_EQ(images.counts, (std::vector<std::int64_t>{7, 3}));
      EXPECT_EQ(text(images), a + b);
    }
  }
}

TEST(Idx, files_that_are_cut_short_later_leave_what_was_read) {
  const Scratch scratch;
  const auto content = ramp(9000 * 6);
  const std::array<std::filesystem::path, 1> one{scratch.write("one", idx(0x803, {9000, 2, 3}, content))};
  const auto images = read_idx_images(one);
  std::filesystem::resize_file(one[0], 0);  // a mapped file would end in SIGBUS
  EXPECT_EQ(text(images), content);
}

TEST(Idx, what_is_written_is_read_again) {
  const Scratch scratch;
  const std::vector<std::uint8_t> pixels{1, 2, 3, 4, 5, 6, 7, 255}, labels{3, 9};
  write_idx_images(scratch.path("images"), pixels, 2, 2);
  write_idx_labels(scratch.path("labels"), labels);
  const auto images = read_idx_images(std::array{std::filesystem::path(scratch.path("images"))});
  EXPECT_TRUE(std::equal(images.bytes.begin(), images.bytes.end(), pixels.begin(), pixels.end()));
  EXPECT_EQ(read_idx_labels(scratch.path("labels")), labels);
}

struct Bad {
  const char* name;
  std::string content;
  const char* says;
};

TEST(Idx, damaged_images_are_refused_with_a_reason) {
  const auto good = idx(0x803, {2, 2, 2}, ramp(8));
  auto flipped = gzip(idx(0x803, {2, 20, 20}, std::string(800, 'x')));
  flipped[flipped.size() / 2] ^= 4;
  auto bad_checksum = gzip(good);
  bad_checksum[bad_checksum.size() - 6] ^= 1;
  const std::vector<Bad> cases{
      {"empty", "", "too short"},
      {"a header cut short", good.substr(0, 11), "too short"},
      {"labels for images", idx(0x801, {8}, ramp(8)), "not IDX images"},
      {"a wrong magic", "PNG!" + good.substr(4), "not IDX images"},
      {"a flipped magic", idx(0x803 ^ 0x10000, {2, 2, 2}, ramp(8)), "not IDX images"},
      {"floats", idx(0xd03, {2, 2, 2}, ramp(32)), "not unsigned bytes"},
      {"one byte too few", good.substr(0, good.size() - 1), "should hold 24 bytes"},
      {"one byte too many", good + "x", "should hold 24 bytes"},
      {"no images", idx(0x803, {0, 2, 2}, ""), "dimension of 0"},
      {"no width", idx(0x803, {2, 2, 0}, ""), "dimension of 0"},
      {"absurd sides", idx(0x803, {1, 0xffffffff, 0xffffffff}, ""), "dimension of 4294967295"},
      {"absurd count", idx(0x803, {0x7fffffff, 4096, 4096}, ramp(8)), "should hold"},
      {"absurd count compressed", gzip(idx(0x803, {0x7fffffff, 4096, 4096}, ramp(8))), "should hold"},
      {"compressed too few", gzip(good.substr(0, 20)), "fewer"},
      {"compressed too many", gzip(good + "x"), "more"},
      {"compressed cut short", gzip(good).substr(0, 25), "cut short"},
      {"compressed header cut short", gzip(good).substr(0, 5), "cut short"},
      {"compressed bit flipped", flipped, "not a whole gzip file"},
      {"wrong checksum", bad_checksum, "not a whole gzip file"},
      {"bytes behind gzip", gzip(good) + "garbage", "not a whole gzip file"},
  };
  const Scratch scratch;
  for (const auto& bad : cases) {
    const std::array<std::filesystem::path, 1> paths{scratch.write("images", bad.content)};
    const auto error = error_of([&] { read_idx_images(paths); });
    EXPECT_NE(error.find(bad.says), std::string::npos) << bad.name << ": " << error;
    EXPECT_NE(error.find("images"), std::string::npos) << bad.name;
  }
}

TEST(Idx, labels_have_the_same_checks) {
  const Scratch scratch;
  const std::vector<Bad> cases{{"images", idx(0x803, {1, 1, 1}, "a"), "not IDX labels"},
                               {"too few", idx(0x801, {4}, "abc"), "should hold 12 bytes"},
                               {"too many", idx(0x801, {2}, "abc"), "should hold 10 bytes"},
                               {"none", idx(0x801, {0}, ""), "dimension of 0"}};
  for (const auto& bad : cases) {
    const auto path = scratch.write("labels", bad.content);
    const auto error = error_of([&] { read_idx_labels(path); });
    EXPECT_NE(error.find(bad.says), std::string::npos) << bad.name << ": " << error;
  }
}

TEST(Idx, folders_missing_files_and_images_of_two_sizes_are_refused) {
  const Scratch scratch;
  const std::filesystem::path one = scratch.write("one", idx(0x803, {1, 2, 2}, ramp(4)));
  const std::filesystem::path two = scratch.write("two", idx(0x803, {1, 2, 3}, ramp(6)));
  EXPECT_NE(error_of([&] { read_idx_images(std::array{scratch.folder()}); }).find("directory"), std::string::npos);
  EXPECT_NE(error_of([&] { read_idx_images(std::array{one, scratch.folder() / "no"}); }).find("No such"),
            std::string::npos);
  EXPECT_NE(error_of([&] { read_idx_images(std::array{one, two}); }).find("2x3"), std::string::npos);
}

}  // namespace
}  // namespace limn
