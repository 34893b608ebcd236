#include "experiment/parameter.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "experiment/experiment.hpp"

namespace limn {
namespace {

const ParameterSpec kRate{
    .name = "lr", .label = {}, .help = {}, .initial = "auto", .low = 0, .high = 10, .automatic = true};
const ParameterSpec kBatch{
    .name = "batch", .kind = ParameterKind::kInteger, .label = {}, .help = {}, .initial = "8", .low = 1, .high = 64};
const ParameterSpec kRule{.name = "optimizer",
                          .kind = ParameterKind::kChoice,
                          .label = {},
                          .help = {},
                          .initial = "adam",
                          .choices = {"sgd", "adam"}};

TEST(Parameter, ReadsWhatIsAllowed) {
  EXPECT_EQ(parse_value(kRate, "1e-3"), SettingValue(0.001));
  EXPECT_EQ(parse_value(kRate, "0"), SettingValue(0.0));
  EXPECT_EQ(parse_value(kRate, "10"), SettingValue(10.0));
  EXPECT_EQ(parse_value(kRate, "auto"), SettingValue(std::string("auto")));
  EXPECT_EQ(parse_value(kBatch, "64"), SettingValue(std::int64_t{64}));
  EXPECT_EQ(parse_value(kRule, "sgd"), SettingValue(std::string("sgd")));
}

TEST(Parameter, RefusesTheRestAndSaysWhatIsAllowed) {
  struct Case {
    const ParameterSpec* parameter;
    const char* text;
    const char* hint;
  };
  const std::vector<Case> table = {
      {&kRate, "-1e-9", "from 0 to 10, or auto"},
      {&kRate, "10.5", "from 0 to 10"},
      {&kRate, "nan", "from 0 to 10"},
      {&kRate, "inf", "from 0 to 10"},
      {&kRate, "", "from 0 to 10"},
      {&kRate, "1 ", "from 0 to 10"},
      {&kRate, "0x1", "from 0 to 10"},
      {&kRate, "1e999", "from 0"},
      {&kRate, "fast", "from 0 to 10"},
      {&kBatch, "0", "from 1 to 64"},
      {&kBatch, "65", "from 1 to 64"},
      {&kBatch, "1.5", "whole number"},
      {&kBatch, "auto", "whole number"},
      {&kBatch, "99999999999999999999", "whole number"},
      {&kRule, "Adam", "one of sgd, adam"},
      {&kRule, "", "one of sgd, adam"},
  };
  for (const Case& c : table) {
    try {
      parse_value(*c.parameter, c.text);
      ADD_FAILURE() << c.parameter->name << "=" << c.text << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(error.hint().find(c.hint), std::string::npos) << c.text << ": " << error.hint();
      EXPECT_EQ(error.fault(), Fault::kRequest);
    }
  }
}

TEST(Parameter, OfATypeInARecipeIsCheckedToo) {
  EXPECT_EQ(check_value(kRate, std::int64_t{3}), SettingValue(3.0));  // JSON writes 3 for 3.0
  EXPECT_THROW(check_value(kBatch, 3.0), Error);
  EXPECT_THROW(check_value(kRule, 3.0), Error);
  EXPECT_THROW(check_value(kRate, std::string("3")), Error);
}

TEST(Suggestion, NamesTheClosestWord) {
  const std::vector<std::string> words = {"momentum", "lr", "weight_decay"};
  EXPECT_EQ(closest("momentun", words), "momentum");
  EXPECT_EQ(closest("wieght_decay", words), "weight_decay");
  EXPECT_EQ(closest("temperature", words), "");
  EXPECT_NE(suggestion("lrr", words, "parameters").find("did you mean lr?"), std::string::npos);
}

TEST(Assignment, IsNameAndValue) {
  EXPECT_EQ(parse_assignment("arch=dense 3 | a=b"), std::pair(std::string("arch"), std::string("dense 3 | a=b")));
  EXPECT_EQ(parse_assignment("x="), std::pair(std::string("x"), std::string()));
  EXPECT_THROW(parse_assignment("lr"), Error);
  EXPECT_THROW(parse_assignment("=3"), Error);
}

TEST(Experiments, DeclareEveryParameterInBothLanguagesWithAnInitialValueOfItsOwnRange) {
  for (const Experiment& experiment : experiments()) {
    EXPECT_FALSE(experiment.title.en.empty() || experiment.title.zh.empty()) << experiment.name;
    std::vector<std::string> names;
    for (const ParameterSpec& parameter : experiment.parameters) {
      const auto& p = parameter;
      EXPECT_FALSE(p.label.en.empty() || p.label.zh.empty() || p.help.en.empty() || p.help.zh.empty()) << p.name;
      EXPECT_NO_THROW(parse_value(p, p.initial)) << p.name;
      EXPECT_EQ(std::count(names.begin(), names.end(), p.name), 0) << p.name;
      names.push_back(p.name);
    }
  }
  EXPECT_THROW(find_experiment("mpl"), Error);
}

}  // namespace
}  // namespace limn
