#include "engine/transform/plain_type.hpp"

namespace sluice::engine::leaf {

PlainType
PlainTypeOf(Oid type, int32 modifier)
{
	PlainType plain{};
	plain.text = format_type_extended(type, modifier, FORMAT_TYPE_TYPEMOD_GIVEN);
	plain.modifier = modifier;
	plain.type = getBaseTypeAndTypmod(type, &plain.modifier);
	for (Oid element = get_element_type(plain.type); OidIsValid(element); element = get_element_type(plain.type)) {
		plain.type = getBaseTypeAndTypmod(element, &plain.modifier);
	}
	return plain;
}

} // namespace sluice::engine::leaf
