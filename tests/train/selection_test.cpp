// Which parameters a text selects, and how texts that select none are refused.
#include "train/selection.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "nn/architecture.hpp"

namespace limn {
namespace {

// layer1.w [2,3] at 0, layer1.b [3] at 6, layer2.gamma [3] at 9, layer2.beta [3] at 12, layer3.w [3,2] at 15,
// layer3.b [2] at 21
const Network& network() {
  static const Network network("dense 3 | bn relu | dense 2", 2);
  return network;
}

std::vector<int> selected(std::string_view words) {
  std::vector<float> marks(static_cast<std::size_t>(network().parameters().size), 0);
  mark(network().parameters(), words, 1, marks);
  std::vector<int> list;
  for (std::size_t i = 0; i < marks.size(); ++i)
    if (marks[i] == 1) list.push_back(static_cast<int>(i));
  return list;
}

TEST(Selection, IsALayerAParameterSomeNumbersOrAUnit) {
  struct Row {
    const char* words;
    std::vector<int> expected;
  };
  for (const Row& row : std::vector<Row>{{"", {}},
                                         {"layer1.b", {6, 7, 8}},
                                         {"layer3", {15, 16, 17, 18, 19, 20, 21, 22}},
                                         {"layer1.w[1,2]", {5}},
                                         {"layer1.w[0,*]", {0, 1, 2}},
                                         {"layer1.w[*,1]", {1, 4}},
                                         {"layer3.b[0]", {21}},
                                         {"layer1.unit[1]", {1, 4, 7, 10, 13, 17, 18}},
                                         {"layer3.unit[0]", {15, 17, 19, 21}},
                                         {"layer1.b layer3.b", {6, 7, 8, 21, 22}},
                                         {" layer1.b,\tlayer1.w[1,2] ,", {5, 6, 7, 8}}})
    EXPECT_EQ(selected(row.words), row.expected) << row.words;
}

// A channel is made by a column of its weights, and used by a plane of the next ones, or by the rows of all its places.
TEST(Selection, IsAChannelOfPlanes) {
  const Network planes("conv 2 1x2 | bn | conv 2 1x1 nobias | pool 2 | dense 2", Shape{4, 4});
  const auto marked = [&](std::string_view words) {
    std::vector<float> marks(static_cast<std::size_t>(planes.parameters().size), 0);
    mark(planes.parameters(), words, 1, marks);
    std::vector<int> list;
    for (std::size_t i = 0; i < marks.size(); ++i)
      if (marks[i] == 1) list.push_back(static_cast<int>(i));
    return list;
  };
  // layer1.w [1,2,1,2] at 0, layer1.b [2] at 4, layer2.gamma at 6, layer2.beta at 8, layer3.w [1,1,2,2] at 10,
  // layer4.w [8,2] at 14, layer4.b [2] at 30
  EXPECT_EQ(marked("layer1.unit[1]"), (std::vector<int>{1, 3, 5, 7, 9, 12, 13}));
  EXPECT_EQ(marked("layer3.unit[0]"), (std::vector<int>{10, 12, 14, 15, 18, 19, 22, 23, 26, 27}));
  EXPECT_EQ(marked("layer1.w[0,1,0,*]"), (std::vector<int>{2, 3}));
}

TEST(Selection, IsNoUnitOfABlock) {
  const Network blocks("res 2 | dense 2", Shape{4, 4});
  std::vector<float> marks(static_cast<std::size_t>(blocks.parameters().size), 0);
  try {
    mark(blocks.parameters(), "layer1.unit[1]", 1, marks);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("block"), std::string::npos) << error.what();
    EXPECT_NE(error.hint().find("layer1.w1[*,*,*,1]"), std::string::npos) << error.hint();
  }
}

TEST(Selection, ThatIsNoneIsRefusedNamingWhatThereIs) {
  for (const char* words : {"layer",
                            "layer4",
                            "layer1.c",
                            "layer1.w[2,0]",
                            "layer1.w[0]",
                            "layer1.w[0,0,0]",
                            "layer1.w[0,-1]",
                            "layer1.w[0,",
                            "layer1.w[]",
                            "layer1.w[,]",
                            "layer1.w[0,0",
                            "layer1.w[0,0]x",
                            "layer1[0]",
                            "layer1.unit",
                            "layer1.unit[3]",
                            "layer1.unit[*,0]",
                            "layer9.unit[0]",
                            "unit[0]",
                            ".unit[0]",
                            "*",
                            "layer1.w[99999999999999999999,0]",
                            "layer1.w=2",
                            "layer1.b layer4"}) {
    try {
      selected(words);
      ADD_FAILURE() << words << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(error.hint().find("layer1.w[2, 3]"), std::string::npos) << error.hint();
    }
  }
}

TEST(Factors, BelongToNamesAndTheLastOneWins) {
  std::vector<float> factors(static_cast<std::size_t>(network().parameters().size), 1);
  mark_each(network().parameters(), "layer1=0.5,layer1.w[0,0]=3 layer3.b=0", factors);
  EXPECT_EQ(factors[0], 3);
  for (int i = 1; i < 9; ++i) EXPECT_EQ(factors[static_cast<std::size_t>(i)], 0.5f);
  EXPECT_EQ(factors[9], 1);
  EXPECT_EQ(factors[22], 0);
  for (const char* words : {"layer1", "layer1=", "layer1=x", "layer1=-1", "layer1=nan", "layer1=inf", "=2", "layer4=1"})
    EXPECT_THROW(mark_each(network().parameters(), words, factors), Error) << words;
}

}  // namespace
}  // namespace limn
