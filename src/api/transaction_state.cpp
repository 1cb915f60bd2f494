#include "api/transaction_state.hpp"

namespace sluice::api::leaf {

bool
MayCommit(FunctionCallInfo fcinfo)
{
	return fcinfo->context != nullptr && IsA(fcinfo->context, CallContext) &&
		   !reinterpret_cast<CallContext *>(fcinfo->context)->atomic && !IsSubTransaction();
}

void
CommitAndGoOn()
{
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	SPI_commit();
	SPI_finish();
}

} // namespace sluice::api::leaf
