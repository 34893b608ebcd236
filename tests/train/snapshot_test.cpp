#include "train/snapshot.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "interop/safetensors.hpp"
#include "temporary_folder.hpp"

namespace limn {
namespace {

struct State {
  std::vector<float> w{1, 2, 3, 4}, b{0.5f};
  std::vector<double> pairs{0.1, -1e-300};
  std::vector<TensorView> views() {
    return {{"layer1.w", Shape{2, 2}, w}, {"layer1.b", Shape{1}, b}, {"bfgs/pairs", Shape{2}, {}, pairs}};
  }
};

const SnapshotInfo kInfo{{120, 3, 17}, "0.1.0-0123456789abcdef", "avx2"};

TEST(Snapshot, GivesBackStateAndPlace) {
  const TemporaryFolder folder;
  State state;
  save_snapshot(folder / "s", state.views(), kInfo);
  const Snapshot snapshot = load_snapshot(folder / "s");
  EXPECT_EQ(snapshot.info.cursor, kInfo.cursor);
  EXPECT_EQ(snapshot.info.build, kInfo.build);
  EXPECT_EQ(snapshot.info.isa, kInfo.isa);
  ASSERT_EQ(snapshot.tensors.size(), 3u);
  EXPECT_EQ(snapshot.tensors[0].values, state.w);
  EXPECT_EQ(snapshot.tensors[2].doubles, state.pairs);
  EXPECT_EQ(peek_snapshot(folder / "s").cursor, kInfo.cursor);
}

TEST(Snapshot, NoticesEverySingleFlippedBit) {
  const TemporaryFolder folder;
  State state;
  save_snapshot(folder / "s", state.views(), kInfo);
  const std::string whole = read_text(folder / "s");
  std::filesystem::copy(folder / "s", folder / "bad");
  for (std::size_t byte = 0; byte < whole.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = whole;
      bad[byte] = static_cast<char>(bad[byte] ^ (1 << bit));
      std::fstream(folder / "bad", std::ios::binary | std::ios::in | std::ios::out) << bad;
      try {
        load_snapshot(folder / "bad");
        ADD_FAILURE() << "bit " << bit << " of byte " << byte;
      } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::kRequest);
        EXPECT_NE(std::string(error.what()).find("bad"), std::string::npos);
      }
    }
}

TEST(Snapshot, RefusesTensorsThatAreNoSnapshot) {
  const TemporaryFolder folder;
  State state;
  struct Case {
    const char* name;
    Metadata metadata;
  };
  const std::vector<Case> table = {
      {"no metadata", {}},
      {"no checksum", {{"step", "1"}, {"epoch", "0"}, {"position", "0"}}},
      {"another checksum", {{"step", "1"}, {"epoch", "0"}, {"position", "0"}, {"checksum", "0000000000000000"}}},
      {"negative step", {{"step", "-1"}, {"epoch", "0"}, {"position", "0"}, {"checksum", "0"}}},
      {"step and more", {{"step", "1x"}, {"epoch", "0"}, {"position", "0"}, {"checksum", "0"}}},
  };
  for (const Case& c : table) {
    write_safetensors(folder / "s", state.views(), c.metadata);
    EXPECT_THROW(load_snapshot(folder / "s"), Error) << c.name;
  }
}

}  // namespace
}  // namespace limn
