// The architecture text. What is accepted has one canonical text, and networks of a row and of images or a reason why
// there is none.
#include "nn/architecture.hpp"

#include "fuzz/target.hpp"

namespace {

void build(std::string_view text, const limn::Shape& sample) try {
  const limn::Network network(text, sample);
  std::int64_t end = 0;
  for (const auto& parameter : network.parameters().list) {
    limn::fuzz::require(parameter.offset == end, "parameters lie side by side");
    end += parameter.shape.size();
  }
  limn::fuzz::require(end == network.parameters().size, "and fill the vector");
} catch (const limn::Error&) {  // another sample may fit
}

}  // namespace

LIMN_FUZZ(architecture) {
  const auto text = limn::to_text(limn::parse_architecture(bytes));
  limn::fuzz::require(limn::to_text(limn::parse_architecture(text)) == text, "printed and read is the same");
  for (const limn::Shape& sample : {limn::Shape{7}, limn::Shape{9, 8}, limn::Shape{3, 32, 32}}) build(bytes, sample);
}
