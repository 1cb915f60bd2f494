// Test-only driver: a source of rows that are made on the spot, for servers of the wrapper sluice_generated. All that a
// source of one's own needs is here: what it implements, and its entry in the table of drivers.
//
// In mode 'realtime' source_table is a file in the data directory that says how many rows there are by now. A word may
// stand behind that: "end" when there will be no more, "slowly" for chunks of one or two rows.
#include <fstream>

#include "engine/source/continuous_source.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/wire_source.hpp"
#include "pg/pause.hpp"

extern "C" SLUICE_EXPORT void _PG_init(void);

namespace {

using sluice::engine::Batch;
using sluice::engine::ColumnMeaning;
using sluice::engine::Driver;
using sluice::engine::Source;
using sluice::engine::SourceRequest;
namespace catalog = sluice::catalog;
namespace leaf = sluice::engine::leaf;
namespace pg = sluice::pg;

TupleDesc
MakeRowType()
{
	TupleDesc row_type = CreateTemplateTupleDesc(2);
	TupleDescInitEntry(row_type, 1, "number", INT8OID, -1, 0);
	TupleDescInitEntry(row_type, 2, "word", TEXTOID, -1, 0);
	return row_type;
}

// Rows up to this number, as far as they fit; returns the last one.
int64
FillBatch(Batch *batch, int64 made, int64 last)
{
	MemoryContext const old = MemoryContextSwitchTo(batch->memory);
	while (made < last && !leaf::BatchIsFull(batch)) {
		++made;
		TupleTableSlot *slot = batch->slots[batch->count++];
		ExecClearTuple(slot);
		slot->tts_values[0] = Int64GetDatum(made);
		slot->tts_values[1] = CStringGetTextDatum(psprintf("row " INT64_FORMAT, made));
		slot->tts_isnull[0] = slot->tts_isnull[1] = false;
		ExecStoreVirtualTuple(slot);
		batch->bytes += static_cast<int64>(2 * sizeof(Datum));
	}
	MemoryContextSwitchTo(old);
	return made;
}

class GeneratedSource final : public sluice::engine::WireSource, public sluice::engine::ContinuousSource {
public:
	explicit GeneratedSource(const SourceRequest &request)
		: label_(*request.pipeline.source_table), goes_on_(request.pipeline.IsContinuous()),
		  row_type_(pg::Call(MakeRowType))
	{}

	std::string Label() const override { return label_; }
	TupleDesc RowType() const override { return row_type_; }
	bool TravelsAsText(int /*attribute_index*/) const override { return false; }
	const std::vector<ColumnMeaning> &Meaning() const override { return meaning_; }
	std::string Filter(const std::string & /*condition*/, bool /*compares_text*/) override
	{
		return "generated rows come as they are";
	}
	std::string FilterAsThere(const std::string &condition) override { return Filter(condition, false); }
	std::string RemoteStatement(const std::vector<bool> & /*needed*/) const override { return "generate " + label_; }
	void Start(const std::vector<bool> & /*needed*/) override
	{
		made_ = behind_;
		if (goes_on_) {
			LookAgain();
		}
	}
	bool Fill(Batch *batch) override
	{
		made_ = pg::Call(FillBatch, batch, made_, last_);
		return made_ < last_;
	}
	int64_t BytesRead() const override { return RowsRead(); }
	int64_t RowsRead() const override { return made_ - behind_; }
	int64_t RowsExpected() const override { return last_ - behind_; }
	void Finish() override {}

	sluice::engine::ContinuousSource *Continuous() override { return goes_on_ ? this : nullptr; }
	void GoOnBehind(const std::optional<std::string> &watermark) override
	{
		behind_ = watermark ? std::stoll(*watermark) : 0;
	}
	std::string Watermark() const override { return std::to_string(made_); }
	bool IsOver() const override { return is_over_; }
	void AwaitMore() override
	{
		for (LookAgain(); last_ <= made_ && !is_over_; LookAgain()) {
			pg::Call(pg::leaf::Pause, 20, "PgSluiceGenerate");
		}
	}

private:
	void LookAgain()
	{
		std::ifstream file(label_);
		std::string how;
		file >> last_ >> how;
		is_over_ = how == "end";
		if (how == "slowly") {
			last_ = std::min<int64>(last_, made_ + 1 + made_ % 3 % 2);
		}
	}

	std::string label_;
	bool goes_on_;
	TupleDesc row_type_;
	std::vector<ColumnMeaning> meaning_;
	int64 behind_ = 0;
	int64 made_ = 0;
	int64 last_ = 2500; // three batches
	bool is_over_ = false;
};

void
Check(const catalog::Pipeline & /*pipeline*/, const ForeignServer & /*server*/)
{}

std::unique_ptr<Source>
Open(const SourceRequest &request)
{
	return std::make_unique<GeneratedSource>(request);
}

constexpr Driver kDriver = {.wrapper = {.name = "sluice_generated"}, .check = Check, .open = Open, .continuous = true};

} // namespace

void
_PG_init(void)
{
	*find_rendezvous_variable(sluice::engine::kAddedDriver) = const_cast<Driver *>(&kDriver);
}
