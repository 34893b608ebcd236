// The update functions of the rules, and what their formulas name beside the moments, for the table in rule.cpp alone;
// each with its equations where it is defined.
#pragma once
#include "rule/rule.hpp"

namespace limn::rule {

using Moments = std::span<const Value>;

Update sgd(Value theta, Value g, Moments, const Hyper& h);
Update momentum(Value theta, Value g, Moments moments, const Hyper& h);
Update nesterov(Value theta, Value g, Moments moments, const Hyper& h);

Update adagrad(Value theta, Value g, Moments moments, const Hyper& h);
Update rmsprop(Value theta, Value g, Moments moments, const Hyper& h);
Update rmsprop_centred(Value theta, Value g, Moments moments, const Hyper& h);
Update adadelta(Value theta, Value g, Moments moments, const Hyper& h);

Update adam(Value theta, Value g, Moments moments, const Hyper& h);
Update amsgrad(Value theta, Value g, Moments moments, const Hyper& h);
Update adamax(Value theta, Value g, Moments moments, const Hyper& h);
Update nadam(Value theta, Value g, Moments moments, const Hyper& h);
Update radam(Value theta, Value g, Moments moments, const Hyper& h);

Update lion(Value theta, Value g, Moments moments, const Hyper& h);
Update rprop(Value theta, Value g, Moments moments, const Hyper& h);

using Lines = std::vector<Line>;

Lines adadelta_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines adam_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines amsgrad_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines adamax_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines nadam_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines radam_lines(Value g, Moments before, Moments after, const Hyper& h);
Lines lion_lines(Value g, Moments before, Moments after, const Hyper& h);

}  // namespace limn::rule
