#include "interop/safetensors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "temporary_folder.hpp"

namespace limn {
namespace {

std::string file_of(std::uint64_t length, const std::string& rest) {
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + rest;
}
std::string file_of(const std::string& header, std::size_t data) {
  return file_of(header.size(), header + std::string(data, '\0'));
}

struct Stored {
  std::vector<float> w{1.5f, -2, 3, 4, 5, 6}, b{-0.0f}, none;
  std::vector<TensorView> views() { return {{"w", Shape{2, 3}, w}, {"b", Shape{}, b}, {"none", Shape{0, 7}, none}}; }
};

TEST(Safetensors, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  Stored stored;
  const Metadata metadata = {{"step", "12"}, {"quote", "\"\\\n"}};
  write_safetensors(folder / "a", stored.views(), metadata);
  const Safetensors read = read_safetensors(folder / "a");
  EXPECT_EQ(read.metadata, metadata);
  EXPECT_EQ(read_safetensors_metadata(folder / "a"), metadata);
  ASSERT_EQ(read.tensors.size(), 3u);
  EXPECT_EQ(read.tensors[0].name, "w");
  EXPECT_EQ(read.tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(std::memcmp(read.tensors[0].values.data(), stored.w.data(), 24), 0);
  EXPECT_TRUE(std::signbit(read.tensors[1].values[0]));
  EXPECT_EQ(read.tensors[2].shape, (Shape{0, 7}));
}

TEST(Safetensors, LaysBytesOutAsTheFormatSays) {
  const TemporaryFolder folder;
  Stored stored;
  stored.w.resize(1);
  write_safetensors(folder / "a", std::vector<TensorView>{{"w", Shape{1}, stored.w}}, {});
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(read_text(folder / "a"), file_of(padded.size(), padded + std::string("\x00\x00\xc0\x3f", 4)));
}

TEST(Safetensors, ReadsWhatAnotherWriterMadeInAnyOrder) {
  const TemporaryFolder folder;
  write_durably(folder / "a", file_of(R"({"b":{"data_offsets":[4,8],"shape":[],"dtype":"F32"},)"
                                      R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}  )",
                                      8));
  const auto read = read_safetensors(folder / "a");
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_EQ(read.tensors[0].name, "a");
  EXPECT_EQ(read.tensors[1].shape, Shape{});
}

TEST(Safetensors, ReadsEveryFloatingTypeAsFloat32) {
  const TemporaryFolder folder;
  const std::string header = R"({"wide":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                             R"("odd":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},)"
                             R"("half":{"dtype":"F16","shape":[2],"data_offsets":[10,14]},)"
                             R"("single":{"dtype":"F32","shape":[1],"data_offsets":[14,18]}})";
  const std::string data(
      "\0\0\0\0\0\0\xf8\xbf"
      "\x40\xc0"
      "\x00\x3c\xff\x7b"
      "\0\0\xc0\x3f",
      18);
  write_durably(folder / "a", file_of(header.size(), header + data));
  const auto read = read_safetensors(folder / "a").tensors;  // the single ones lie on an odd place
  ASSERT_EQ(read.size(), 4u);
  EXPECT_EQ(read[0].values, std::vector{-1.5f});
  EXPECT_EQ(read[1].values, std::vector{-3.0f});
  EXPECT_EQ(read[1].shape, Shape{});
  EXPECT_EQ(read[2].values, (std::vector{1.0f, 65504.0f}));
  EXPECT_EQ(read[3].values, std::vector{1.5f});
}

TEST(Safetensors, KeepsFloat64WhereItIsWantedAndRoundsItElse) {
  const TemporaryFolder folder;
  std::vector<float> narrow{0.1f};
  std::vector<double> wide{0.1, -1e300, 0x1.0000000000001p-3};
  write_safetensors(folder / "a", std::vector<TensorView>{{"narrow", Shape{1}, narrow}, {"wide", Shape{3}, {}, wide}},
                    {});
  const auto kept = read_safetensors(folder / "a", Wide::kKept).tensors;
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].values, narrow);
  EXPECT_TRUE(kept[0].doubles.empty());
  EXPECT_EQ(kept[1].doubles, wide);
  EXPECT_TRUE(kept[1].values.empty());
  EXPECT_EQ(kept[1].shape, Shape{3});
  const auto rounded = read_safetensors(folder / "a").tensors;
  EXPECT_EQ(rounded[1].values, (std::vector{0.1f, -INFINITY, 0.125f}));
  EXPECT_TRUE(rounded[1].doubles.empty());
}

TEST(Safetensors, RefusesTwoTensorsOfOneName) {
  const TemporaryFolder folder;
  Stored stored;
  EXPECT_THROW(
      write_safetensors(folder / "a", std::vector<TensorView>{{"b", Shape{}, stored.b}, {"b", Shape{}, stored.b}}, {}),
      Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

struct Bad {
  const char* name;
  std::string file;
  const char* says;
};

std::string one(const std::string& entry) { return "{\"w\":" + entry + "}"; }

TEST(Safetensors, RefusesEveryUnsoundFile) {
  const std::string good = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const std::vector<Bad> table = {
      {"empty", "", "only 0 bytes"},
      {"seven bytes", "1234567", "only 7 bytes"},
      {"header past the end", file_of(9, one(good)), "not JSON"},
      {"header of 2^64-1 bytes", file_of(~0ull, "{}"), "claims a header"},
      {"header of 2^63 bytes", file_of(1ull << 63, "{}"), "claims a header"},
      {"no JSON", file_of("{\"w\":", 8), "not JSON"},
      {"a list", file_of("[]", 0), "does not begin"},
      {"leading space", file_of(" {}", 0), "does not begin"},
      {"zero byte", file_of(std::string("{}\0", 3), 0), "zero byte"},
      {"two objects", file_of("{}{}", 0), "not JSON"},
      {"deep nesting", file_of("{\"w\":" + std::string(200'000, '['), 8), "nested"},
      {"four levels", file_of(R"({"w":{"dtype":"F32","shape":[[[[2]]]],"data_offsets":[0,8]}})", 8), "nested"},
      {"repeated key", file_of("{\"w\":" + good + ",\"w\":" + good + "}", 8), "twice"},
      {"not an object", file_of(one("3"), 8), "exactly"},
      {"extra key", file_of(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1})"), 8), "exactly"},
      {"integers", file_of(one(R"({"dtype":"I64","shape":[1],"data_offsets":[0,8]})"), 8), "\"I64\", not F32"},
      {"float64 in half its bytes", file_of(one(R"({"dtype":"F64","shape":[1],"data_offsets":[0,4]})"), 4), "wants 8"},
      {"float16 in twice its bytes", file_of(one(R"({"dtype":"F16","shape":[1],"data_offsets":[0,4]})"), 4), "wants 2"},
      {"dtype a number", file_of(one(R"({"dtype":32,"shape":[2],"data_offsets":[0,8]})"), 8), "not F32"},
      {"shape a number", file_of(one(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"), 8), "not a list"},
      {"rank seven", file_of(one(R"({"dtype":"F32","shape":[1,1,1,1,1,1,2],"data_offsets":[0,8]})"), 8), "at most 6"},
      {"negative size", file_of(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), 8), "whole number"},
      {"fractional size", file_of(one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), 8), "whole number"},
      {"size times size overflows",
       file_of(one(R"({"dtype":"F32","shape":[4294967296,4294967298],"data_offsets":[0,8]})"), 8), "larger"},
      {"zero hides an overflow",
       file_of(one(R"({"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]})"), 0), "larger"},
      {"size beyond uint64", file_of(one(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]})"), 8),
       "whole number"},
      {"shape and bytes differ", file_of(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})"), 8), "wants 4"},
      {"offsets reversed", file_of(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), 8), "lies at"},
      {"one offset", file_of(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8]})"), 8), "two data_offsets"},
      {"past the end", file_of(one(good), 7), "lies at"},
      {"trailing byte", file_of(one(good), 9), "has 9"},
      {"gap at the start", file_of(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8), "was due"},
      {"overlap",
       file_of(
           R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
           12),
       "was due"},
      {"gap between",
       file_of(
           R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
           12),
       "was due"},
      {"metadata a list", file_of(R"({"__metadata__":[]})", 0), "not an object"},
      {"metadata a number", file_of(R"({"__metadata__":{"step":3}})", 0), "not a string"},
  };
  const TemporaryFolder folder;
  for (const Bad& bad : table) {
    (std::filesystem::remove(folder / "bad"), std::ofstream(folder / "bad", std::ios::binary)) << bad.file;
    try {
      read_safetensors(folder / "bad");
      ADD_FAILURE() << bad.name << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(bad.says), std::string::npos) << bad.name << ": " << error.what();
      EXPECT_FALSE(error.hint().empty());
      EXPECT_EQ(error.fault(), Fault::kRequest);
    }
  }
  EXPECT_THROW(read_safetensors(folder.path()), Error);  // a folder
  EXPECT_THROW(read_safetensors(folder / "nothing"), Error);
}

TEST(Safetensors, RefusesEveryTruncation) {
  const TemporaryFolder folder;
  Stored stored;
  write_safetensors(folder / "a", stored.views(), {{"step", "1"}});
  const std::string whole = read_text(folder / "a");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    (std::filesystem::remove(folder / "cut"), std::ofstream(folder / "cut", std::ios::binary))
        << whole.substr(0, length);
    EXPECT_THROW(read_safetensors(folder / "cut"), Error) << length;
  }
}

}  // namespace
}  // namespace limn
