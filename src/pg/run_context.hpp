// The context of the run that this backend is making, as run_context() shows it.
#pragma once

#include <string>
#include <utility>

namespace sluice::pg {

// JSON text; '{}' outside a run.
const std::string &RunContext();
void SetRunContext(std::string json);

// The context while something is done, however that ends.
class RunContextScope {
public:
	explicit RunContextScope(std::string json) : before_(RunContext()) { SetRunContext(std::move(json)); }
	~RunContextScope() { SetRunContext(std::move(before_)); }
	RunContextScope(const RunContextScope &) = delete;
	RunContextScope &operator=(const RunContextScope &) = delete;

private:
	std::string before_;
};

} // namespace sluice::pg
