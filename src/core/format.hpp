// fmt, header-only everywhere, so that the module does not depend on a distribution's libfmt.
#pragma once

#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY 1
#endif
#include <fmt/format.h>
