// The architecture text: what is read, what is refused and where, and the graph and the parameters that it becomes.
#include "nn/architecture.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/autodiff.hpp"
#include "exec/interpreter.hpp"
#include "graph/fn.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

TEST(Architecture, IsReadInAnySpacing) {
  for (const char* text : {"dense 5 relu | dropout 0.25 | dense 2", "dense 5 relu|dropout 0.25|dense 2",
                           "  dense\t5   relu |\ndropout .25 | dense 2 linear "}) {
    const auto layers = parse_architecture(text);
    ASSERT_EQ(layers.size(), 3u) << text;
    EXPECT_EQ(layers[0].units, 5);
    EXPECT_EQ(layers[0].activation, "relu");
    EXPECT_EQ(layers[1].kind, LayerSpec::Kind::kDropout);
    EXPECT_EQ(layers[1].rate, 0.25);
    EXPECT_EQ(layers[2].activation, "linear");
    EXPECT_EQ(to_text(layers), "dense 5 relu | dropout 0.25 | dense 2");
  }
}

TEST(Architecture, ComesBackFromItsCanonicalText) {
  for (const char* text :
       {"dense 1", "dense 1048576 softmax", "dense 3 gelu | dense 4 tanh | dense 5 sigmoid",
        "dense 2 tanh | dense 3 tied 1", "bn | dense 3 | bn leaky_relu | dense 2", "ln gelu | dense 3 | ln | dense 2",
        "conv 32 3x3 relu | pool 2 | dense 10", "conv 1 1x1",
        "conv 4 3x5 stride 2x1 valid dilation 2 groups 2 nobias gelu", "conv 4 3x3 pad 3",
        "conv 4 3x3 pad 1x0 | pool 3 stride 2 same average | pool 2x1 stride 1 pad 1x0",
        "conv-transpose 2 4x4 stride 2 valid nobias tanh", "global-pool | dense 3", "global-pool max | dense 3",
        "upsample 2 | pad 2 | pad 1 reflect | spatial-dropout 0.2", "res 16 | res 32 stride 2 | res 4 tanh",
        "inception 1 2 3 4 5 6 | inception 1 2 3 4 5 6 linear", "dropout 0 | dense 7",
        "dropout 0.1 | dropout 0.30000000000000004 | dense 1 relu"}) {
    EXPECT_EQ(to_text(parse_architecture(text)), text);
  }
}

TEST(Architecture, HasOneTextForWhatMeansTheSame) {
  const std::pair<const char*, const char*> rows[] = {
      {"conv 8 3", "conv 8 3x3"},
      {"conv 8 3x3 same", "conv 8 3x3"},
      {"conv 8 3x3 pad 1", "conv 8 3x3"},
      {"conv 8 5x5 dilation 2 pad 4x4", "conv 8 5x5 dilation 2"},
      {"conv 8 3x3 pad 0 stride 1x1 groups 1 linear", "conv 8 3x3 valid"},
      {"conv 8 1 valid", "conv 8 1x1"},
      {"conv 8 3x3 nobias groups 2 valid stride 2x2 relu", "conv 8 3x3 stride 2 valid groups 2 nobias relu"},
      {"conv-transpose 8 4 stride 2 pad 1", "conv-transpose 8 4x4 stride 2"},
      {"pool 2x2 stride 2 max valid", "pool 2"},
      {"pool 3 stride 1 pad 1", "pool 3 stride 1 same"},
      {"global-pool average", "global-pool"},
      {"pad 1 zero", "pad 1"},
      {"res 8 stride 1 relu", "res 8"},
      {"inception 1 1 1 1 1 1 relu", "inception 1 1 1 1 1 1"},
  };
  for (const auto& [text, canonical] : rows) EXPECT_EQ(to_text(parse_architecture(text)), canonical) << text;
}

// Reads whole words anew and anew: whatever is accepted is printed as what it is read as.
TEST(Architecture, ComesBackFromItsCanonicalTextForRandomWords) {
  const std::vector<const char*> words{"conv",
                                       "pool",
                                       "conv-transpose",
                                       "res",
                                       "stride",
                                       "pad",
                                       "same",
                                       "valid",
                                       "1",
                                       "2",
                                       "3x3",
                                       "2x3",
                                       "4",
                                       "0",
                                       "groups",
                                       "dilation",
                                       "relu",
                                       "tanh",
                                       "max",
                                       "average",
                                       "nobias",
                                       "reflect",
                                       "upsample",
                                       "bn",
                                       "dense",
                                       "inception",
                                       "global-pool",
                                       "spatial-dropout",
                                       "0.5"};
  Random random(21, "words");
  int accepted = 0;
  for (int round = 0; round < 40000; ++round) {
    std::string text = words[random.below(4)];
    for (std::uint32_t i = 0, n = 1 + random.below(6); i < n; ++i)
      text += fmt::format(" {}", words[random.below(static_cast<std::uint32_t>(words.size()))]);
    try {
      const std::string canonical = to_text(parse_architecture(text));
      const auto again = parse_architecture(canonical);
      ASSERT_EQ(to_text(again), canonical) << text;
      ASSERT_EQ(again[0].window, parse_architecture(text)[0].window) << text;
      ++accepted;
    } catch (const Error& error) {
      ASSERT_NE(std::string(error.what()).find("column"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(accepted, 200);
}

TEST(Architecture, OfPlanesIsRefusedWithTheColumnAndWhatEntersTheLayer) {
  struct Row {
    const char* text;
    int column;
    std::vector<const char*> words;
  };
  const Row rows[] = {
      {"conv", 1, {"channels"}},
      {"conv 3", 1, {"size of a window"}},
      {"conv 0 3x3", 6, {"\"0\""}},
      {"conv 3 3y3", 8, {"3y3"}},
      {"conv 3 3x", 8, {"3x"}},
      {"conv 3 0x3", 8, {"0x3"}},
      {"conv 3 1025", 8, {"1025"}},
      {"conv 3 3 stride 0", 17, {"stride"}},
      {"conv 3 3 pad -1", 14, {"padding"}},
      {"conv 3 3 pad 1 same", 16, {"again"}},
      {"conv 3 3 relu stride 2", 15, {"too much"}},
      {"conv 3 3 groups 2", 1, {"3 channels", "2 groups"}},
      {"conv 4 3 groups 2", 1, {"8x6", "3 channels", "2 groups"}},
      {"conv 4 3 average", 10, {"no activation"}},
      {"pool", 1, {"size of a window"}},
      {"pool 2 pad 2", 8, {"nothing at its border"}},
      {"pool 2 relu", 8, {"too much"}},
      {"conv-transpose 2 2 stride 3", 1, {"gaps"}},
      {"conv-transpose 2 2 pad 20", 1, {"cuts off", "8x6"}},
      {"upsample 0", 10, {"factor"}},
      {"pad 6 reflect | dense 2", 1, {"8x6", "mirror"}},
      {"spatial-dropout 1", 1, {"one rate"}},
      {"inception 1 2 3 4 5", 1, {"channels"}},
      {"conv 4 9x9 valid | dense 2", 1, {"9x9", "8x6", "3 channels"}},
      {"conv 4 3 | pool 2 | pool 2 | pool 3 | dense 2", 30, {"3x3", "2x1", "4 channels"}},
      {"global-pool | conv 2 3", 15, {"planes", "3 numbers"}},
      {"dense 7 | pool 2 | dense 2", 11, {"planes", "7 numbers"}},
      {"upsample 1024 | upsample 1024 | dense 2", 17, {"numbers of each row"}},
  };
  for (const Row& row : rows) try {
      Network(row.text, Shape{3, 8, 6});
      ADD_FAILURE() << '"' << row.text << "\" was accepted";
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find(fmt::format("column {}:", row.column)), std::string::npos) << what;
      for (const char* word : row.words) EXPECT_NE(what.find(word), std::string::npos) << what;
      EXPECT_FALSE(error.hint().empty()) << what;
    }
}

TEST(Architecture, OfPlanesWantsImages) {
  try {
    Network("bn | conv 4 3 | dense 2", 12);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("column 6:"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("12 numbers"), std::string::npos) << error.what();
    EXPECT_NE(error.hint().find("dense"), std::string::npos) << error.hint();
  }
  for (const char* text : {"conv 4 3 | bn relu", "conv 4 3 | pool 2", "res 4", "global-pool"})
    EXPECT_THROW(Network(text, Shape{8, 8}), Error) << text << " predicts nothing";
}

TEST(Architecture, IsRefusedWithTheColumnAndAHint) {
  struct Row {
    const char* text;
    int column;
    const char* what;
  };
  const Row rows[] = {
      {"", 1, "missing"},
      {"   ", 1, "missing"},
      {"dense 5 |", 10, "missing"},
      {"| dense 5", 1, "missing"},
      {"dense 5 || dense 2", 10, "missing"},
      {"danse 5", 1, "danse"},
      {"dense 5 | Dense 2", 11, "Dense"},
      {"dense", 1, "number of units"},
      {"dense 5 relu | dense", 16, "number of units"},
      {"dense relu 5", 7, "relu"},
      {"dense 0", 7, "\"0\""},
      {"dense -3", 7, "-3"},
      {"dense 2.5", 7, "2.5"},
      {"dense 1e3", 7, "1e3"},
      {"dense 5x", 7, "5x"},
      {"dense 1048577", 7, "1048577"},
      {"dense 99999999999999999999999", 7, "999"},
      {"dense 5 rellu", 9, "rellu"},
      {"dense 5 relu relu", 14, "too much"},
      {"dense 5 relu dense 2", 14, "too much"},
      {"dense 2 | dense 3 tied", 19, "tied wants"},
      {"dense 2 | dense 3 tied one", 19, "tied wants"},
      {"dense 2 | dense 3 tied 0", 19, "tied wants"},
      {"dense 2 | dense 3 relu tied 1", 24, "too much"},
      {"dense 2 | dense 3 tied 1 2", 26, "no activation"},
      {"bn 3 | dense 2", 4, "no activation \"3\""},
      {"bn relu relu | dense 2", 9, "too much"},
      {"dropout | dense 2", 1, "rate"},
      {"dense 4 | dropout 1 | dense 2", 11, "rate"},
      {"dense 4 | dropout -0.1 | dense 2", 11, "rate"},
      {"dense 4 | dropout nan | dense 2", 11, "rate"},
      {"dense 4 | dropout 0.1 0.2 | dense 2", 11, "rate"},
      {"dense 4 | dropout half | dense 2", 11, "rate"},
      {"dense\xC2\xA0"
       "5",
       1, "no layer"},
  };
  for (const Row& row : rows) {
    try {
      Network(row.text, 3);
      ADD_FAILURE() << '"' << row.text << "\" was accepted";
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find(fmt::format("column {}:", row.column)), std::string::npos) << what;
      EXPECT_NE(what.find(row.what), std::string::npos) << what;
      EXPECT_NE(what.find(row.text), std::string::npos) << what;
      EXPECT_FALSE(error.hint().empty()) << what;
      EXPECT_EQ(error.fault(), Fault::kRequest);
    }
  }
}

TEST(Network, WantsADenseLayerLastAndAReasonableSize) {
  for (const char* text : {"dropout 0.5", "dense 4 | dropout 0.5", "bn", "dense 4 | bn relu"})
    EXPECT_THROW(Network(text, 3), Error) << text;
  EXPECT_THROW(Network("dense 1048576", 1 << 20), Error);
  EXPECT_THROW(Network("dense 1048576 | dense 1048576", 1), Error);
  EXPECT_NO_THROW(Network("dense 1048576", 1));
}

TEST(Network, LaysItsParametersOneBehindAnother) {
  const Network network("dropout 0.2 | dense 5 relu | dropout 0.5 | dense 3", 4);
  EXPECT_EQ(network.inputs(), 4);
  EXPECT_EQ(network.outputs(), 3);
  const auto& list = network.parameters().list;
  ASSERT_EQ(list.size(), 4u);
  const char* names[] = {"layer1.w", "layer1.b", "layer2.w", "layer2.b"};
  const Shape shapes[] = {{4, 5}, {5}, {5, 3}, {3}};
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(list[i].name, names[i]);
    EXPECT_EQ(list[i].shape, shapes[i]);
    EXPECT_EQ(list[i].offset, offset);
    EXPECT_EQ(list[i].is_weight, i % 2 == 0);
    offset += shapes[i].size();
  }
  EXPECT_EQ(network.parameters().size, offset);
}

TEST(Network, ComputesLayerByLayerAndNamesItsScopes) {
  const Network network("dense 5 tanh | dropout 0.5 | dense 3 softmax", 4);
  Activations values;
  const Fn fn = trace([&](Fn& f) {
    const Value x = input(f.graph, "x", {6, 4}), theta = input(f.graph, "theta", {network.parameters().size});
    values = network.build(x, theta, {}, false);
    f.output("output", values.output);
    f.output("logits", values.logits);
    f.output("a1", values.a[0]);
    EXPECT_EQ(f.graph.scope(values.z[0].node()), "layer1");
    EXPECT_EQ(f.graph.scope(values.z[1].node()), "layer2");
  });
  ASSERT_EQ(values.z.size(), 2u);
  ASSERT_EQ(values.a.size(), 2u);
  for (NodeId id = 0; id < fn.graph.size(); ++id)
    EXPECT_NE(fn.graph[id].op, Op::kUniform) << "nothing is dropped outside of training";

  const auto inputs = testing::random_inputs(fn, 17);
  const auto result = interpret(fn, inputs);
  const double *x = inputs[0].data(), *w1 = inputs[1].data(), *b1 = w1 + 20, *w2 = b1 + 5, *b2 = w2 + 15;
  for (int row = 0; row < 6; ++row) {
    double a[5], z[3], total = 0;
    for (int j = 0; j < 5; ++j) {
      double sum = b1[j];
      for (int k = 0; k < 4; ++k) sum += x[row * 4 + k] * w1[k * 5 + j];
      EXPECT_NEAR(result[2][row * 5 + j], a[j] = std::tanh(sum), 1e-14);
    }
    for (int j = 0; j < 3; ++j) {
      z[j] = b2[j];
      for (int k = 0; k < 5; ++k) z[j] += a[k] * w2[k * 3 + j];
      EXPECT_NEAR(result[1][row * 3 + j], z[j], 1e-14);
      total += std::exp(z[j]);
    }
    for (int j = 0; j < 3; ++j) EXPECT_NEAR(result[0][row * 3 + j], std::exp(z[j]) / total, 1e-14);
  }
}

TEST(Network, TakesATiedWeightTransposedAndGivesItBothGradients) {
  const Network network("dense 2 tanh | dropout 0.5 | bn | dense 3 tied 1 sigmoid", 3);
  const auto& list = network.parameters().list;
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list[4].name, "layer3.b");
  EXPECT_EQ(list[4].shape, Shape{3});

  const Network plain("dense 2 tanh | dense 3 tied 1", 3);
  const Fn fn = trace([&](Fn& f) {
    const Value x = input(f.graph, "x", {4, 3}), theta = input(f.graph, "theta", {plain.parameters().size});
    const Value w = reshape(slice(theta, 0, 0, 6), {3, 2}), c = slice(theta, 0, 8, 11);
    const Value by_hand = matmul(tanh(matmul(x, w) + slice(theta, 0, 6, 8)), transpose(w, {1, 0})) + c;
    const Value built = plain.build(x, theta, {}, true).output;
    for (const Value& y : {built, by_hand}) {
      f.output("y", y);
      f.output("gradient", grad(sum(sin(y)), theta));
    }
  });
  const auto result = interpret(fn, testing::random_inputs(fn, 23));
  for (const std::size_t which : {0, 1})
    for (std::size_t i = 0; i < result[which].size(); ++i) EXPECT_NEAR(result[which][i], result[2 + which][i], 1e-14);
}

TEST(Network, RefusesATieToWhatIsNoFittingWeight) {
  struct Row {
    const char* text;
    std::vector<const char*> words;
  };
  const Row rows[] = {
      {"dense 2 | dense 4 tied 1", {"layer 2", "[2, 4]", "[3, 2]", "[2, 3]"}},
      {"dense 2 | dense 5 | dense 3 tied 1", {"layer 3", "[5, 3]"}},
      {"dense 3 tied 1", {"layer 1", "no dense layer before"}},
      {"dense 2 | dense 3 tied 2", {"layer 2"}},
      {"dense 2 | dense 3 tied 7", {"layer 7"}},
      {"bn | dense 3 tied 1", {"no dense layer"}},
      {"dense 2 | dense 3 tied 1 | dense 2 tied 2", {"layer 3", "own"}},
  };
  for (const Row& row : rows) try {
      Network(row.text, 3);
      ADD_FAILURE() << row.text << " was accepted";
    } catch (const Error& error) {
      for (const char* word : row.words)
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
      EXPECT_FALSE(error.hint().empty());
    }
}

TEST(Network, GivesEveryDropoutItsOwnStream) {
  const Network network("dropout 0.5 | dense 4 | dropout 0.5 | dense 4 | dropout 0.5 | dense 4", 4);
  Fn fn;
  network.build(input(fn.graph, "x", {2, 4}), input(fn.graph, "theta", {network.parameters().size}), {}, true);
  int draws = 0;
  for (NodeId id = 0; id < fn.graph.size(); ++id) draws += fn.graph[id].op == Op::kUniform;
  EXPECT_EQ(draws, 3);
}

}  // namespace
}  // namespace limn
