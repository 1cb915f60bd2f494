// What holds while a run is made, by a worker or by CALL: its time limit, its locks in a transaction.
#pragma once

#include <string>

#include "catalog/pipeline.hpp"
#include "core/error.hpp"

namespace sluice::worker {

// The option timeout.
class TimeLimit {
public:
	// passed: of them, already.
	explicit TimeLimit(int64_t microseconds, int64_t passed = 0);
	~TimeLimit();
	TimeLimit(const TimeLimit &) = delete;
	TimeLimit &operator=(const TimeLimit &) = delete;
	bool Explains(const Error &error) const;
	Error Exceeded() const;

private:
	int64_t const microseconds_;
	TimestampTz outer_ = 0; // when the limit of the run around this one ends
};

// The run's locks for the current transaction; throws 55006, which says who holds them.
void TakeLocks(const catalog::Pipeline &pipeline);
Error IsRunningAlready(const catalog::Pipeline &pipeline);

} // namespace sluice::worker
