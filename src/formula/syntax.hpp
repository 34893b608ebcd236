// What a formula says, as a tree: which operations on which names. It does not know what names stand for.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limn {

struct Term {
  enum Kind : std::uint8_t {
    kNumber,   // number
    kName,     // name
    kIndexed,  // name[children[0]]
    kCall,     // name(children...)
    kSum,      // children added, or subtracted where `inverse`
    kProduct,  // children multiplied, or divided by where `inverse`
    kPower,    // children[0] ^ children[1]
    kCompare,  // children[0] name children[1], name one of < <= > >= == !=
    kLogic,    // children joined by name, "and" or "or"
    kLoop,     // name, "sum" or "prod", over `index` from children[0] to children[1] of children[2]
  };
  Kind kind = kNumber;
  std::int64_t column = 1;  // where it begins, or its operator stands
  double number = 0;
  std::string name, index;
  std::vector<Term> children;
  std::vector<bool> inverse;
};

// Error: FormulaError (token.hpp), also for more than 100 levels of nesting and more than 10,000 terms. The depth of
// the tree is limited by the nesting alone: a sum of many terms is one Term.
Term parse_syntax(std::string_view text);

}  // namespace limn
