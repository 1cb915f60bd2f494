// Whether a filter that cannot be understood here may be sent to another PostgreSQL as it stands.
#pragma once

namespace sluice::engine::leaf {

// Why it may not; NULL: it is made of comparisons of columns and literals, so that nothing in it is taken from the
// server that evaluates it.
const char *WhyNotAskable(const char *filter);

} // namespace sluice::engine::leaf
