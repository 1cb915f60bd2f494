#include "catalog/loaded_shape.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

std::vector<LoadedColumn>
LoadedShape(const std::string &pipeline_id)
{
	pg::SqlResult const rows =
		Execute("SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3 FROM sluice.pipeline_state s, "
				"jsonb_array_elements(s.loaded_shape) WITH ORDINALITY e (value, position) "
				"WHERE s.pipeline_id = $1::uuid ORDER BY e.position",
				{pipeline_id});
	std::vector<LoadedColumn> shape;
	shape.reserve(rows.Rows());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		shape.push_back({rows.Text(row, 0), rows.Text(row, 1), static_cast<Oid>(rows.Integer(row, 2)),
						 static_cast<int32>(rows.Integer(row, 3))});
	}
	return shape;
}

void
RememberShape(const std::string &pipeline_id, const std::vector<LoadedColumn> &shape)
{
	std::vector<pg::SqlValue> names;
	std::vector<pg::SqlValue> types;
	std::vector<std::string> numbers;
	std::vector<std::string> modifiers;
	for (const LoadedColumn &column : shape) {
		names.emplace_back(column.name);
		types.emplace_back(column.type_text);
		numbers.push_back(std::to_string(column.type));
		modifiers.push_back(std::to_string(column.modifier));
	}
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id, loaded_shape) SELECT $1::uuid, "
			"(SELECT jsonb_agg(jsonb_build_array(c.name, c.type, c.number, c.modifier) ORDER BY c.position) FROM "
			"unnest($2::text[], $3::text[], $4::bigint[], $5::int[]) WITH ORDINALITY c (name, type, number, modifier, "
			"position)) ON CONFLICT (pipeline_id) DO UPDATE SET loaded_shape = EXCLUDED.loaded_shape",
			{pipeline_id, TextArray(names), TextArray(types), PlainArray(numbers), PlainArray(modifiers)});
}

} // namespace sluice::catalog
