// Drives a fuzz target without libFuzzer: the inputs of a corpus, then random changes of them, the same in every
// run. For make unit; clang's fuzzer searches better and longer.
//   NAME_standalone CORPUS ROUNDS
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

constexpr std::string_view kCharacters = "0123456789*/-,#LWlw? \t@:.+ehrmondsatufiEVERYminutesdayhouswk";

class Mutator {
public:
	explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus))
	{
		for (const std::string &text : corpus_) {
			longest_ = std::max(longest_, text.size());
		}
	}

	std::string Next()
	{
		std::string text = Pick();
		for (size_t i = 1 + Below(4); i > 0; --i) {
			Change(&text);
		}
		text.resize(std::min(text.size(), 2 * longest_));
		return text;
	}

private:
	size_t Below(size_t limit) { return random_() % limit; }
	const std::string &Pick() { return corpus_[Below(corpus_.size())]; }

	void Change(std::string *text)
	{
		size_t const at = Below(text->size() + 1);
		switch (Below(5)) {
		case 0:
			text->insert(at, 1, kCharacters[Below(kCharacters.size())]);
			break;
		case 1:
			text->erase(at, 1 + Below(3));
			break;
		case 2:
			if (at < text->size()) {
				(*text)[at] = kCharacters[Below(kCharacters.size())];
			}
			break;
		case 3:
			if (at < text->size()) {
				(*text)[at] = static_cast<char>(Below(256));
			}
			break;
		default: {
			// A part of another input: a field of another schedule, say.
			std::string const &other = Pick();
			size_t const from = Below(other.size() + 1);
			text->insert(at, other.substr(from, Below(8)));
			break;
		}
		}
	}

	std::vector<std::string> corpus_;
	size_t longest_ = 0;
	std::minstd_rand random_{20261121};
};

void
Run(const std::string &text)
{
	LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(text.data()), text.size());
}

} // namespace

int
main(int argument_count, char **arguments)
{
	if (argument_count != 3) {
		std::fputs("usage: NAME_standalone CORPUS ROUNDS\n", stderr);
		return 2;
	}
	std::vector<std::filesystem::path> paths;
	std::copy(std::filesystem::directory_iterator(arguments[1]), std::filesystem::directory_iterator(),
			  std::back_inserter(paths));
	std::sort(paths.begin(), paths.end());
	std::vector<std::string> corpus;
	for (const std::filesystem::path &path : paths) {
		std::ifstream file(path, std::ios::binary);
		corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
		Run(corpus.back());
	}
	Mutator mutator(corpus);
	int const rounds = std::stoi(arguments[2]);
	for (int i = 0; i < rounds; ++i) {
		Run(mutator.Next());
	}
	std::fputs((std::to_string(corpus.size()) + " inputs and " + std::to_string(rounds) + " changed ones\n").c_str(),
			   stdout);
	return 0;
}
