// The one door to libmariadb's headers: mysql.h uses ordinary words, and its own warnings are not ours.
#pragma once

#include "pg/prelude.hpp"

// Names of functions that both have.
#define list_delete mysql_list_delete
#define list_free mysql_list_free
#define list_length mysql_list_length
extern "C" {
#include <mysql.h>

#include <errmsg.h>
#include <ma_pvio.h>
}
#undef list_delete
#undef list_free
#undef list_length
