// What strangers may send before anybody knows who they are: passwords and TLP labels. A password's
// record is ours, but lies on a disk that others may reach.

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/i18n/line.h"
#include "kernel/identity/password.h"
#include "kernel/identity/visibility.h"
#include "kernel/result.h"

namespace noroshi {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view outside(reinterpret_cast<const char*>(bytes), size);
    if (const auto tlp = parse_tlp(outside)) ASSERT(*parse_tlp(label_of(*tlp)) == *tlp);

    static SeededRandom random(1);
    static const auto record = hash_password("correct horse", {8, 1}, random);
    const bool fits = outside.size() <= 256 && i18n::plain(outside) == "correct horse";
    ASSERT(is_password(outside, record) == fits);
    ASSERT(!is_password("correct horse", "argon2id$8$1$" + std::string(outside)));
    if (check_new_password(outside, "duty", "/new")) ASSERT(outside.size() >= 10);
    return 0;
}

}  // namespace noroshi
