#include "pg/open_links.hpp"

namespace sluice::pg::leaf {

namespace {

OpenLink *open_links = nullptr;

void
EndAll(int /*code*/, Datum /*arg*/)
{
	for (OpenLink *link = open_links; link != nullptr; link = link->next) {
		link->end(link);
	}
}

} // namespace

void
AddOpenLink(OpenLink *link, const char *server, void (*end)(OpenLink *link))
{
	static bool registered = false;
	if (!AcquireExternalFD()) {
		ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to server \"%s\"", server),
						errdetail("There are too many open files on the local server."),
						errhint("Raise the server's max_files_per_process and/or \"ulimit -n\" limits.")));
	}
	if (!registered) {
		before_shmem_exit(EndAll, 0);
		registered = true;
	}
	*link = {end, open_links};
	open_links = link;
}

void
ForgetOpenLink(OpenLink *link)
{
	for (OpenLink **at = &open_links; *at != nullptr; at = &(*at)->next) {
		if (*at == link) {
			*at = link->next;
			ReleaseExternalFD();
			return;
		}
	}
}

} // namespace sluice::pg::leaf
