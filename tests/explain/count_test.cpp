// Accuracy over pictures that are moved and channels that are ablated, against data moved and weights cleared by hand.
#include "explain/count.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "explain/pictures.hpp"

namespace limn {
namespace {

using testing::Trained;

std::vector<std::int32_t> all_rows(const Dataset& data) {
  std::vector<std::int32_t> rows(static_cast<std::size_t>(data.size));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Count counted(const FrozenNetwork& net, std::span<const std::int32_t> rows, const Motion& motion,
              std::vector<Channel> ablated = {}) {
  Count count(net, rows, motion, std::move(ablated));
  while (count.go_on()) {}
  return count;
}

TEST(Count, WithoutAMotionIsThePlainAccuracyAndConfusion) {
  for (const std::int32_t classes : {2, 3}) {
    Trained trained(classes == 2 ? "conv 3 3x3 | bn relu | dense 1" : "conv 3 3x3 relu | dense 3", {8, 8}, classes, 15);
    const auto net = trained.frozen();
    const Count count = counted(*net, trained.data->test, {});
    EXPECT_EQ(count.accuracy(), trained.session->evaluate(Split::kTest).at("accuracy"));
    for (std::int32_t i = 0; i < classes * classes; ++i)
      EXPECT_EQ(static_cast<double>(count.confusion()[static_cast<std::size_t>(i)]),
                trained.session->quantity(fmt::format("test.confusion[{},{}]", i / classes, i % classes)));
  }
}

TEST(Count, OfMovedPicturesIsThatOfPicturesMovedByHand) {
  Trained trained("conv 4 3x3 relu | dense 3", {8, 8}, 3, 60);
  const auto net = trained.frozen();
  const auto rows = all_rows(*trained.data);
  bool differs = false;
  for (const std::int64_t right : {-3, -1, 2})
    for (const std::int64_t down : {0, 2}) {
      auto moved = std::make_shared<Dataset>(*trained.data);
      std::vector<float> values(trained.data->values.size(), 0.0f);
      for (std::int64_t i = 0; i < std::ssize(values); ++i) {
        const std::int64_t y = i / 8 % 8 - down, x = i % 8 - right;
        if (y >= 0 && y < 8 && x >= 0 && x < 8)
          values[static_cast<std::size_t>(i)] = trained.data->values[static_cast<std::size_t>(i / 64 * 64 + y * 8 + x)];
      }
      moved->values = values;
      const FrozenNetwork other(*trained.session, Weights::kLast, moved, trained.pool);
      const Count by_hand = counted(other, rows, {}), plain = counted(*net, rows, {});
      EXPECT_EQ(counted(*net, rows, {.right = right, .down = down}).confusion(), by_hand.confusion());
      differs = differs || plain.confusion() != by_hand.confusion();
    }
  EXPECT_TRUE(differs);
}

TEST(Count, OfATurnByRightAnglesIsThatOfPicturesTurnedByHand) {
  Trained trained("conv 4 3x3 relu | dense 3", {8, 8}, 3, 60);
  auto turned = std::make_shared<Dataset>(*trained.data);
  std::vector<float> values(trained.data->values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t y = i / 8 % 8, x = i % 8;  // clockwise: the left column becomes the top row
    values[i] = trained.data->values[i / 64 * 64 + (7 - x) * 8 + y];
  }
  turned->values = values;
  const FrozenNetwork other(*trained.session, Weights::kLast, turned, trained.pool);
  const auto rows = all_rows(*trained.data);
  EXPECT_EQ(counted(*trained.frozen(), rows, {.degrees = 90}).confusion(), counted(other, rows, {}).confusion());
}

TEST(Motions, GoBothWaysWithZeroInTheMiddle) {
  Trained trained("dense 3", {8, 9}, 3, 0);
  const auto net = trained.frozen();
  const auto down = motions(Move::kDown, 5, 2, *net, 5), turns = motions(Move::kTurn, 40, 30, *net, 3);
  ASSERT_EQ(down.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(down[i].down, 2 * static_cast<std::int64_t>(i) - 4);
    EXPECT_EQ(down[i].right, 0);
  }
  EXPECT_EQ(turns.size(), 3u);
  EXPECT_EQ(turns[0].degrees, -30);
  EXPECT_EQ(motions(Move::kRight, 1, 1, *net, 3)[2].right, 1);
  EXPECT_EQ(motions(Move::kRight, 0, 1, *net, 1).size(), 1u);
  for (const auto& [move, most, by] : {std::tuple(Move::kRight, 9.0, 1.0),
                                       {Move::kRight, 1.5, 1.0},
                                       {Move::kDown, 4.0, 0.5},
                                       {Move::kTurn, 181.0, 90.0},
                                       {Move::kTurn, 10.0, 0.0},
                                       {Move::kTurn, 45.0, 1.0}})
    EXPECT_THROW(motions(move, most, by, *net, 65), Error);
  EXPECT_THROW(motions(Move::kTurn, std::nan(""), 1, *net, 65), Error);
}

TEST(Count, WithAblatedChannelsIsThatOfWeightsClearedByHand) {
  Trained trained("conv 5 3x3 tanh | pool 2 | conv 4 3x3 relu | dense 6 relu | dense 3", {8, 8}, 3, 60);
  const auto net = trained.frozen();
  const auto rows = all_rows(*trained.data);
  const auto ablated = parse_channels("layer1.unit[0], layer2.unit[3] layer1.unit[4] layer3.unit[1]", *net);
  const Count count = counted(*net, rows, {}, ablated);
  const auto a = layer_of(*net, net->picture(3), 1, ablated), before = layer_of(*net, net->picture(3), 1, {});
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool off = i % 5 == 0 || i % 5 == 4;
    EXPECT_EQ(a[i], off ? 0.0f : before[i]);
    EXPECT_NE(before[i], 0.0f);
  }
  EXPECT_NE(count.confusion(), counted(*net, rows, {}).confusion());
  std::map<std::string, double> cleared;
  for (const int k : {0, 4}) {
    for (int i = 0; i < 9; ++i) cleared[fmt::format("layer1.w[{},{},0,{}]", i / 3, i % 3, k)] = 0;
    cleared[fmt::format("layer1.b[{}]", k)] = 0;
  }
  for (int i = 0; i < 45; ++i) cleared[fmt::format("layer2.w[{},{},{},3]", i / 15, i / 5 % 3, i % 5)] = 0;
  cleared["layer2.b[3]"] = 0, cleared["layer3.b[1]"] = 0;
  for (int i = 0; i < 64; ++i) cleared[fmt::format("layer3.w[{},1]", i)] = 0;
  trained.session->edit(cleared);
  EXPECT_EQ(count.confusion(), counted(*trained.frozen(), rows, {}).confusion());
}

TEST(Count, AblatesWhatLeavesTheActivationWhereThatIsNot0) {
  Trained trained("conv 3 3x3 sigmoid | dense 3", {8, 8});
  const auto net = trained.frozen();
  const auto a = layer_of(*net, net->picture(0), 1, parse_channels("layer1.unit[2]", *net));
  for (std::size_t i = 2; i < a.size(); i += 3) EXPECT_EQ(a[i], 0.0f);
}

TEST(Count, RefusesWhatIsNoChannelAndRowsWithoutAClass) {
  Trained trained("conv 3 3x3 relu | dense 3", {8, 8});
  const auto net = trained.frozen();
  for (const char* wrong : {"layer1", "layer1.unit[3]", "layer1.unit[-1]", "layer2.unit[0]", "layer3.unit[0]",
                            "layer1.unit[0]]", "layer1.unit[0", "unit[1]", "layer0.unit[0]"})
    EXPECT_THROW(parse_channels(wrong, *net), Error) << wrong;
  EXPECT_TRUE(parse_channels(" , ", *net).empty());
  EXPECT_THROW(Count(*net, {}, {}), Error);
  auto unknown = std::make_shared<Dataset>(*trained.data);
  unknown->labels[4] = -1;
  const FrozenNetwork other(*trained.session, Weights::kLast, unknown, trained.pool);
  EXPECT_THROW(Count(other, std::vector<std::int32_t>{3, 4}, {}), Error);
}

}  // namespace
}  // namespace limn
