// When to tell that something is so which often is so for a moment only: once it has lasted, and once until it is over.
// Pure C++.
#pragma once

#include "core/steady_clock.hpp"

namespace sluice {

class Episode {
public:
	explicit Episode(int64_t patience) : patience_(patience) {}

	// It is so. True when that is to be told now.
	bool IsNews(SteadyTime now)
	{
		since_ = since_ == 0 ? now : since_;
		if (told_ || now - since_ < patience_) {
			return false;
		}
		told_ = true;
		return true;
	}
	// It is not so just now; what was told is not told again.
	void Interrupt() { since_ = 0; }
	void End()
	{
		since_ = 0;
		told_ = false;
	}

private:
	int64_t const patience_;
	SteadyTime since_ = 0; // 0: it is not so
	bool told_ = false;
};

} // namespace sluice
