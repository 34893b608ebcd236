// Ready networks: what their papers count, and that they fit images of many sizes.
#include "nn/ready.hpp"

#include <gtest/gtest.h>

#include "nn/architecture.hpp"

namespace limn {
namespace {

std::int64_t weights_of(const char* name, const Shape& sample, std::int64_t outputs) {
  std::int64_t sum = 0;
  const Network network(ready_network(name, sample, outputs), sample);
  for (const Parameter& p : network.parameters().list) sum += p.shape.size();
  return sum;
}

// LeCun et al. 1998 without the gaps of C3: 6 * 26 + 16 * (150 + 1) + 120 * (400 + 1) + 84 * 121 + 10 * 85.
TEST(ReadyNetwork, LeNetHasTheLayersOfItsPaper) {
  EXPECT_EQ(weights_of("lenet5", {28, 28}, 10), 156 + 2416 + 48120 + 10164 + 850);
  EXPECT_EQ(weights_of("lenet5", {32, 32}, 10), 156 + 2416 + 48120 + 10164 + 850);
  EXPECT_EQ(weights_of("lenet5", {3, 32, 32}, 10), 156 + 300 + 2416 + 48120 + 10164 + 850);
}

// He et al. 2016, table 6: 0.27, 0.46, 0.66 and 0.85 million; with the two projections of 1x1 and their norms.
TEST(ReadyNetwork, ResNetsHaveTheParametersOfTheirPaper) {
  const std::int64_t projections = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64;
  for (const auto& [name, millions] :
       {std::pair{"resnet-20", 0.27}, {"resnet-32", 0.46}, {"resnet-44", 0.66}, {"resnet-56", 0.85}})
    EXPECT_NEAR(static_cast<double>(weights_of(name, {3, 32, 32}, 10) - projections) / 1e6, millions, 0.0051) << name;
}

TEST(ReadyNetwork, FitsImagesOfManySizes) {
  for (const Shape& sample : {Shape{28, 28}, Shape{3, 32, 32}, Shape{8, 8}, Shape{1, 1}, Shape{3, 4, 9}, Shape{3, 5, 5},
                              Shape{3, 96, 128}, Shape{20, 40}}) {
    const Network network(ready_network("small-cnn", sample, 7), sample);
    EXPECT_EQ(network.outputs(), 7) << to_string(sample);
    EXPECT_LT(network.parameters().size, 2'000'000) << to_string(sample);
  }
  for (const char* name : {"vgg-small", "mobile-small", "resnet-8"})
    for (const Shape& sample : {Shape{28, 28}, Shape{3, 32, 32}, Shape{8, 8}})
      EXPECT_EQ(Network(ready_network(name, sample, 3), sample).outputs(), 3) << name << to_string(sample);
}

TEST(ReadyNetwork, OfAnotherNameIsNoneAndOfAnotherDepthRefused) {
  for (const char* name : {"", "resnet", "lenet", "dense 10", "small-cnn "})
    EXPECT_EQ(ready_network(name, {28, 28}, 10), "") << name;
  for (const char* name :
       {"resnet-", "resnet-21", "resnet-2", "resnet--20", "resnet-20x", "resnet-1208", "resnet-99999999999"})
    EXPECT_THROW(ready_network(name, {28, 28}, 10), Error) << name;
}

}  // namespace
}  // namespace limn
