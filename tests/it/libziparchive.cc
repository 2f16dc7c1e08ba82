// Answers for Android's libziparchive, so that tests can hold their own reader against it.
//
// Standard input is a row of questions; all numbers are 32 bits, least significant byte first:
//   size of the archive, the archive, number of names, and for each name its size and its bytes.
// Standard output has a line for each archive, "refused TEXT" or "opened COUNT", and below an opened one a line for
// each name: "missing TEXT" (the entry is not found, or its local header is not accepted), "broken TEXT" (its data does
// not unpack), "large" (more than this program wants to hold), or "read SIZE HASH" (64 bits of FNV-1a).

#include <ziparchive/zip_archive.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kLargest = 1u << 26;

bool read_number(uint32_t* number) {
    unsigned char raw[4];
    if (fread(raw, 1, 4, stdin) != 4) return false;
    *number = 0;
    for (int at = 3; at >= 0; --at) *number = *number << 8 | raw[at];
    return true;
}

std::vector<char> read_block() {
    uint32_t size = 0;
    if (!read_number(&size)) return {};
    std::vector<char> block(size);
    if (size != 0 && fread(block.data(), 1, size, stdin) != size) block.clear();
    return block;
}

uint64_t hash(const std::vector<uint8_t>& bytes) {
    uint64_t value = 0xcbf29ce484222325u;
    for (uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3u;
    return value;
}

void look_at(ZipArchiveHandle archive, const std::string& name) {
    ZipEntry entry;
    if (int32_t error = FindEntry(archive, name, &entry); error != 0) {
        printf("missing %s\n", ErrorCodeString(error));
        return;
    }
    if (entry.uncompressed_length > kLargest) {
        puts("large");
        return;
    }
    std::vector<uint8_t> contents(entry.uncompressed_length);
    uint8_t nothing = 0;
    uint8_t* target = contents.empty() ? &nothing : contents.data();
    if (int32_t error = ExtractToMemory(archive, &entry, target, entry.uncompressed_length); error != 0) {
        printf("broken %s\n", ErrorCodeString(error));
        return;
    }
    printf("read %zu %016llx\n", contents.size(), static_cast<unsigned long long>(hash(contents)));
}

}  // namespace

int main() {
    uint32_t size = 0;
    while (read_number(&size)) {
        std::vector<char> file(size);
        if (size != 0 && fread(file.data(), 1, size, stdin) != size) return 1;
        uint32_t names = 0;
        if (!read_number(&names)) return 1;
        std::vector<std::string> wanted;
        for (uint32_t at = 0; at < names; ++at) {
            std::vector<char> name = read_block();
            wanted.emplace_back(name.begin(), name.end());
        }
        ZipArchiveHandle archive = nullptr;
        int32_t error = OpenArchiveFromMemory(file.data(), file.size(), "asked", &archive);
        if (error != 0) {
            printf("refused %s\n", ErrorCodeString(error));
        } else {
            printf("opened %zu\n", GetArchiveInfo(archive).entry_count);
            for (const std::string& name : wanted) look_at(archive, name);
        }
        CloseArchive(archive);
    }
    return 0;
}
