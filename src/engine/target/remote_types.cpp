#include "engine/target/remote_types.hpp"

#include "engine/wire/type_shape.hpp"

namespace sluice::engine {

RemoteTypes
FindRemoteTypes(pg::RemoteConnection &remote, const std::string &server, const MappedQuery &query)
{
	RemoteTypes types;
	types.texts.assign(static_cast<size_t>(query.ColumnCount()), "text");
	std::vector<TypeShape> shapes;
	std::vector<std::pair<size_t, std::string>> wanted; // column and modifier, for each shape
	for (int i = 0; i < query.ColumnCount(); ++i) {
		const leaf::OutputColumn &column = query.Column(i);
		const ColumnMeaning *meaning = query.MeaningOf(i);
		auto const index = static_cast<size_t>(i);
		bool const is_foreign = meaning != nullptr && meaning->shape != nullptr;
		if (is_foreign && meaning->shape->schema != "pg_catalog") {
			shapes.push_back(*meaning->shape);
			wanted.emplace_back(index, meaning->modifier);
		} else if (is_foreign && !meaning->missing.empty()) {
			types.missing.push_back(Format("column \"{}\" is created as text: {}", column.name, meaning->missing));
		} else if (column.kept_type < kFirstOidOfOneServer) {
			types.texts[index] = pg::Call(leaf::ColumnTypeText, &column);
		} else {
			std::map<Oid, TypeShape> const here = DescribeTypes(AskHere, {column.kept_type});
			shapes.push_back(here.at(column.kept_type));
			wanted.emplace_back(index, ModifierText(AskHere, column.kept_type, column.kept_modifier));
		}
	}
	std::vector<const TypeShape *> pointers;
	pointers.reserve(shapes.size());
	for (const TypeShape &shape : shapes) {
		pointers.push_back(&shape);
	}
	std::vector<FoundType> const found =
		FindTypes([&remote](const std::string &statement,
							const std::vector<pg::SqlValue> &parameters) { return remote.Exec(statement, parameters); },
				  pointers);
	for (size_t i = 0; i < found.size(); ++i) {
		const auto &[index, modifier] = wanted[i];
		if (OidIsValid(found[i].oid)) {
			types.texts[index] = found[i].text + modifier;
		} else if (!shapes[i].extension.empty()) {
			bool const is_there =
				!remote
					 .Exec("SELECT 1 FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) "
						   "$1::pg_catalog.name",
						   {shapes[i].extension})
					 .Empty();
			types.extension = ExtensionMissing(query.Column(static_cast<int>(index)).name, shapes[i].text,
											   shapes[i].extension, Format("server \"{}\"", server), is_there);
		} else {
			types.missing.push_back(Format("column \"{}\" is created as text: server \"{}\" has no {}type {}",
										   query.Column(static_cast<int>(index)).name, server,
										   found[i].has_namesake ? "such " : "", shapes[i].text));
		}
	}
	return types;
}

} // namespace sluice::engine
