// What checks have found, a row or several each: for pipeline_health and validate_pipeline. Pure C++.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct CheckRow {
	std::string check;
	const char *verdict; // ok, warning, error
	std::string message;
	std::optional<std::string> hint;
};

class CheckReport {
public:
	void Ok(const char *check, std::string message) { Add({check, "ok", std::move(message), std::nullopt}, false); }
	void Warning(const char *check, std::string message, std::optional<std::string> hint = std::nullopt)
	{
		Add({check, "warning", std::move(message), std::move(hint)}, false);
	}
	void Error(const char *check, std::string message, std::optional<std::string> hint = std::nullopt)
	{
		Add({check, "error", std::move(message), std::move(hint)}, true);
	}
	// Something is in the way of the check itself.
	void NotChecked(const char *check, const std::string &why, std::optional<std::string> hint = std::nullopt)
	{
		Add({check, "warning", "not checked: " + why, std::move(hint)}, true);
	}

	const std::vector<CheckRow> &Rows() const { return rows_; }
	// It has found an error, or was not made.
	bool Failed(const std::string &check) const
	{
		return std::find(failed_.begin(), failed_.end(), check) != failed_.end();
	}

private:
	void Add(CheckRow row, bool failed)
	{
		if (failed) {
			failed_.push_back(row.check);
		}
		rows_.push_back(std::move(row));
	}

	std::vector<CheckRow> rows_;
	std::vector<std::string> failed_;
};

} // namespace sluice
