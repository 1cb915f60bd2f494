#include "core/turns.hpp"

#include <algorithm>
#include <tuple>

namespace sluice {

namespace {

auto
Rank(const OwnerTurn &owner, size_t taken)
{
	return std::tuple(taken >= owner.kept, static_cast<size_t>(owner.live) + taken, owner.last, owner.due, owner.owner);
}

} // namespace

std::vector<OwnerTurn>
FirstOwners(std::vector<OwnerTurn> owners, size_t most)
{
	std::sort(owners.begin(), owners.end(),
			  [](const OwnerTurn &a, const OwnerTurn &b) { return Rank(a, 0) < Rank(b, 0); });
	owners.resize(std::min(owners.size(), most));
	return owners;
}

std::vector<size_t>
TakeTurns(const std::vector<OwnerTurn> &owners)
{
	struct Turn {
		size_t owner;
		size_t taken;
	};
	std::vector<Turn> turns;
	for (size_t owner = 0; owner < owners.size(); ++owner) {
		for (size_t taken = 0; taken < owners[owner].waiting; ++taken) {
			turns.push_back({owner, taken});
		}
	}
	std::sort(turns.begin(), turns.end(), [&owners](const Turn &a, const Turn &b) {
		return Rank(owners[a.owner], a.taken) < Rank(owners[b.owner], b.taken);
	});
	std::vector<size_t> order;
	order.reserve(turns.size());
	for (const Turn &turn : turns) {
		order.push_back(turn.owner);
	}
	return order;
}

} // namespace sluice
