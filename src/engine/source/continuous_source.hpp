// A source that does not end with the rows that are there: its run reads chunk after chunk, each of which is committed
// with its watermark, and waits for more in between. One connection reads all of it: it is not divisible.
#pragma once

#include <optional>
#include <string>

namespace sluice::engine {

class ContinuousSource {
public:
	ContinuousSource() = default;
	virtual ~ContinuousSource() = default;
	ContinuousSource(const ContinuousSource &) = delete;
	ContinuousSource &operator=(const ContinuousSource &) = delete;

	// Before the Start of each chunk: it reads what is behind this watermark, which is committed; nothing: from the
	// beginning. A filter is asked for anew.
	virtual void GoOnBehind(const std::optional<std::string> &watermark) = 0;
	// After the Finish of a chunk: how far it was read, in words of the source's own that it takes back at any time.
	virtual std::string Watermark() const = 0;
	// Nothing will ever come behind it.
	virtual bool IsOver() const = 0;
	// Outside any transaction: waits until there is more, and serves interrupts.
	virtual void AwaitMore() = 0;
};

} // namespace sluice::engine
