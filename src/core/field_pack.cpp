#include "core/field_pack.hpp"

#include <algorithm>
#include <charconv>

namespace sluice {

// Each field: its length in decimal digits and a colon, or '-' alone when it is missing, then its bytes.

std::string
PackFields(const Fields &fields)
{
	std::string bytes;
	for (const std::optional<std::string> &field : fields) {
		if (!field) {
			bytes += '-';
			continue;
		}
		bytes += std::to_string(field->size()) + ":" + *field;
	}
	return bytes;
}

Fields
UnpackFields(std::string_view bytes)
{
	Fields fields;
	while (!bytes.empty()) {
		if (bytes.front() == '-') {
			fields.emplace_back(std::nullopt);
			bytes.remove_prefix(1);
			continue;
		}
		size_t length = 0;
		const auto [end, problem] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), length);
		if (problem != std::errc() || end == bytes.data() + bytes.size() || *end != ':') {
			break;
		}
		bytes.remove_prefix(static_cast<size_t>(end - bytes.data()) + 1);
		length = std::min(length, bytes.size());
		fields.emplace_back(std::string(bytes.substr(0, length)));
		bytes.remove_prefix(length);
	}
	return fields;
}

} // namespace sluice
