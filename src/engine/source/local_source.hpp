// A table or a query of this database.
#pragma once

#include "engine/source/source.hpp"

namespace sluice::engine {

class LocalSource final : public Source {
public:
	// Throws Error 42601 unless source_query is one SELECT; 42P01 and 42809 unless source_table can be read.
	explicit LocalSource(const catalog::Pipeline &pipeline);

	std::string Label() const override;
	void Describe(MappingInput *mapping) const override;
	DeclaredTable Declared() override;
	OpenTransactions Open() override;
	SourceSnapshot Snapshot() override;

private:
	std::string from_;
	bool is_query_;
	Oid relation_ = InvalidOid;
};

} // namespace sluice::engine
