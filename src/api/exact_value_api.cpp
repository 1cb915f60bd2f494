// assign_exactly, which the engine puts around what a load assigns when the option on_loss is 'fail'.

#include "core/sqlstate.hpp"
#include "engine/transform/exact_value.hpp"
#include "pg/guard.hpp"
#include "pg/remote_text.hpp"

namespace {

using sluice::Error;
using sluice::ErrorInfo;
using sluice::Format;
using sluice::engine::leaf::Refusal;

Error
WouldChange(const Refusal &refusal)
{
	constexpr size_t kMost = 200;
	auto const shown = [](const char *value) { return sluice::pg::OutsideText(value, kMost); };
	ErrorInfo info;
	info.sqlstate = refusal.sqlstate;
	info.message = Format("value \"{}\" of column \"{}\" would be stored as \"{}\"", shown(refusal.given),
						  refusal.column, shown(refusal.stored));
	info.detail = Format("The source gives {}, the column of the destination is {}, and the option on_loss is 'fail'.",
						 refusal.from, refusal.to);
	info.hint = Format("Widen the column of the destination; or say that it is meant with a cast in columns (::{}); or "
					   "set the option on_loss to 'warn'.",
					   refusal.to);
	info.column_name = refusal.column;
	return Error(std::move(info));
}

} // namespace

SLUICE_FUNCTION(sluice_assign_exactly)
{
	Datum assigned = 0;
	Refusal refusal;
	if (!sluice::pg::Call(sluice::engine::leaf::AssignExactly, fcinfo, &assigned, &refusal)) {
		throw WouldChange(refusal);
	}
	return assigned;
}
